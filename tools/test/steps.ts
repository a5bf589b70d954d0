import { availableParallelism } from "node:os";

/** One check. `run` resolves to undefined when it passes, and otherwise to what is wrong. */
export interface Step {
  readonly name: string;
  run(signal: AbortSignal): Promise<string | undefined>;
}

export interface StepResult {
  readonly name: string;
  readonly problem: string | undefined;
  readonly durationMs: number;
}

/**
 * Runs steps side by side, as many as there are cores, in the given order (put the long ones first), and reports each
 * as it ends. All run even when one fails, so that a developer sees every problem at once.
 */
export async function runSteps(
  steps: readonly Step[],
  report: (result: StepResult) => void,
  signal: AbortSignal,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  const queue = [...steps];
  const worker = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const result = await runStep(step, signal);
      results.push(result);
      report(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), steps.length) }, worker));
  return results;
}

async function runStep(step: Step, signal: AbortSignal): Promise<StepResult> {
  const startedMs = performance.now();
  const problem = await step.run(signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  return { name: step.name, problem, durationMs: performance.now() - startedMs };
}

/** "ok    types        1.2 s", followed by the problem's text if there is one. */
export function describeStep(result: StepResult): string {
  const verdict = result.problem === undefined ? "ok  " : "FAIL";
  const line = `${verdict}  ${result.name.padEnd(12)} ${(result.durationMs / 1000).toFixed(1).padStart(5)} s`;
  return result.problem === undefined ? line : `${line}\n${indent(result.problem.trimEnd())}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "      ");
}
