import { expect, test } from "vitest";
import { tryAgain } from "./second-try.ts";
import { figureText, isGood, noTests, testFailure, type TestCounts } from "./vitest-run.ts";

const failedIn = (...files: readonly (string | undefined)[]): TestCounts => ({
  ...noTests,
  passed: 7,
  failed: files.length,
  failures: files.map((file) => testFailure(file, `${file}: a test`, "too late")),
  ok: false,
});

/** A second try in which `passing` are the files whose tests pass. */
function secondTry(...passing: readonly string[]) {
  const tried: string[][] = [];
  const run = (files: readonly string[]): Promise<TestCounts> => {
    tried.push([...files]);
    const failing = files.filter((file) => !passing.includes(file));
    return Promise.resolve(failing.length > 0 ? failedIn(...failing) : { ...noTests, passed: 3 });
  };
  return { tried, run };
}

test("what passes alone is flaky, and is named", async () => {
  const { tried, run } = secondTry("a.test.ts", "tests/e2e/b.spec.ts");
  const first = failedIn("a.test.ts", "a.test.ts", "tests/e2e/b.spec.ts");
  const counts = await tryAgain(first, run);
  expect(tried).toEqual([["a.test.ts", "tests/e2e/b.spec.ts"]]);
  expect(isGood(counts)).toBe(true);
  expect(counts.flaky).toEqual(first.failures);
  expect(figureText(counts)).toBe("10 passed, 0 failed, 3 flaky");
});

test("what fails again has failed, with all that failed beside it", async () => {
  const first = failedIn("a.test.ts", "b.test.ts");
  expect(await tryAgain(first, secondTry("a.test.ts").run)).toBe(first);
});

test.each([
  ["nothing failed", { ...noTests, passed: 7 }],
  ["more failed than a loaded machine explains", failedIn("a", "b", "c", "d")],
  ["types or lint failed", failedIn("a", undefined)],
  ["a run said no without a failed test", { ...failedIn("a"), failed: 2 }],
])("%s: nothing is tried again", async (_, first) => {
  const { tried, run } = secondTry("a", "b", "c", "d");
  expect(await tryAgain(first, run)).toBe(first);
  expect(tried).toEqual([]);
});
