import { ownProgram } from "#contract/own-program.ts";
import { JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobThread } from "#server/domain/jobs/job-runner.ts";

/** Evaluates expressions off the main thread, to text. Make one per server and share it. */
export type Calculator = JobQueue<string, string>;

/** Heap of the thread: mathjs takes about 30 MB. */
const HEAP_MAX_MB = 96;

/**
 * An expression is a small program, and one that never ends must not stop the server. Starting takes about 150 ms.
 *
 * @param options.timeoutMs one calculation may take this long
 * @param options.idleMs the thread ends after this long without work
 */
export function createCalculator({ timeoutMs = 2_000, idleMs = 60_000 } = {}): Calculator {
  const program = ownProgram("calculator-worker", import.meta.url);
  const start = () => startJobThread(program, HEAP_MAX_MB);
  return new JobQueue({ name: "the calculation", start, limitMs: timeoutMs, idleMs });
}
