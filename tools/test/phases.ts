import type { RunOptions, TestCounts } from "./vitest-run.ts";

/** A part of `npm test` that runs beside others. */
export interface Phase {
  readonly name: string;
  run(output: RunOptions["output"], signal: AbortSignal): Promise<TestCounts>;
}

/** Bytes to show at once. */
type Show = (text: string | Uint8Array) => void;

/**
 * Runs lanes side by side and the phases of a lane one after the other, all of them even when one fails. A phase's
 * output is kept and shown as a whole when it ends, or when `signal` ends it: lines of two phases never mix.
 */
export async function runLanes(
  lanes: readonly (readonly Phase[])[],
  show: Show,
  signal: AbortSignal,
): Promise<TestCounts> {
  const ended = await Promise.allSettled(lanes.map((phases) => runLane(phases, show, signal)));
  const counts = ended.map((lane) => {
    if (lane.status === "rejected") throw lane.reason;
    return lane.value;
  });
  return addCounts(counts.flat());
}

async function runLane(phases: readonly Phase[], show: Show, signal: AbortSignal): Promise<TestCounts[]> {
  const counts: TestCounts[] = [];
  for (const phase of phases) counts.push(await runPhase(phase, show, signal));
  return counts;
}

async function runPhase({ name, run }: Phase, show: Show, signal: AbortSignal): Promise<TestCounts> {
  const pieces: Buffer[] = [];
  const startedMs = performance.now();
  let verdict = "was stopped";
  try {
    const counts = await run((piece) => pieces.push(piece), signal);
    verdict = `${counts.passed} passed, ${counts.failed} failed`;
    return counts;
  } finally {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    show(Buffer.concat([...pieces, Buffer.from(`test: ${name}: ${verdict} in ${seconds} s\n`)]));
  }
}

/** A run that says no without a failed test, e.g. because a file did not load, counts as one failure more. */
export function addCounts(all: readonly TestCounts[]): TestCounts {
  const silent = all.filter((counts) => !counts.ok && counts.failed === 0).length;
  const sum = (key: "passed" | "failed" | "skipped"): number =>
    all.reduce((total, counts) => total + counts[key], 0);
  return {
    passed: sum("passed"),
    failed: sum("failed") + silent,
    skipped: sum("skipped"),
    failures: all.flatMap(({ failures }) => failures),
    flaky: all.flatMap(({ flaky }) => flaky),
    ok: all.every((counts) => counts.ok),
  };
}
