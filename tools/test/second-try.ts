import { isGood, type TestCounts } from "./vitest-run.ts";

/** With more failures than this in one run, it is no accident of a loaded machine, and none is tried again. */
const mostFailures = 3;

/**
 * After a run of everything: the files of the few tests that failed, once more, with the machine to themselves. When
 * all of their tests pass, what had failed is flaky: named at the end of the output, and no reason to refuse the run.
 * What failed outside any file (types, lint, a suite that ended without a report) is never tried again.
 *
 * @param run runs the tests of these files, as `npm test -- FILE ...` does
 */
export async function tryAgain(
  counts: TestCounts,
  run: (files: readonly string[]) => Promise<TestCounts>,
): Promise<TestCounts> {
  const { passed, failed, failures } = counts;
  const files = [...new Set(failures.flatMap(({ file }) => file ?? []))];
  const isNamed = failures.length === failed && failures.every(({ file }) => file !== undefined);
  if (failed === 0 || failed > mostFailures || !isNamed) return counts;
  const again = await run(files);
  if (!isGood(again)) return counts;
  return { ...counts, passed: passed + failed, failed: 0, failures: [], flaky: failures, ok: true };
}
