import type { AssistantTool, ToolResult } from "../ports.ts";

/** How one tool call ended; `value` goes to the model, `summary` to the person. */
export interface ToolOutcome {
  readonly state: "done" | "failed";
  readonly value: unknown;
  readonly summary: string;
}

const SUMMARY_MAX_CHARS = 120;

/**
 * Runs a tool so that nothing it does can end the answer: a throw, a refusal or a hang becomes a failed outcome that the
 * model is told of. Only an abort of `signal` throws.
 */
export async function runTool(
  tool: AssistantTool,
  input: unknown,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const both = AbortSignal.any([signal, timeout]);
  try {
    signal.throwIfAborted();
    const result = await Promise.race([tool.run(input, both), rejectOnAbort(both)]);
    return outcomeOf(result);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const why = timeout.aborted
      ? `took longer than ${Math.ceil(timeoutMs / 1000)} s`
      : error instanceof Error
        ? error.message
        : String(error);
    return { state: "failed", value: { error: why }, summary: shorten(`${tool.name}: ${why}`) };
  }
}

/** What a person reads while a tool runs, e.g. "calculator: 2 + 2". */
export function startSummary(name: string, input: unknown): string {
  const values =
    typeof input === "object" && input !== null
      ? Object.values(input).filter((value) => typeof value === "string" || typeof value === "number")
      : [];
  return shorten(values.length === 0 ? name : `${name}: ${values.join(", ")}`);
}

function outcomeOf(result: ToolResult): ToolOutcome {
  return {
    state: result.failed === true ? "failed" : "done",
    value: result.value,
    summary: shorten(result.summary),
  };
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= SUMMARY_MAX_CHARS ? line : `${line.slice(0, SUMMARY_MAX_CHARS - 1)}…`;
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason as Error);
  else signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  return promise;
}
