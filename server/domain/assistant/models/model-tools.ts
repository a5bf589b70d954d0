import type { AnswerPart, AssistantTool } from "../ports.ts";
import { runTool, startSummary, type ToolOutcome } from "../tools/run-tool.ts";
import type { ModelLimits } from "./model-limits.ts";
import { parseJson } from "./wire/json.ts";
import type { FunctionTool, PromptMessage, ToolCall } from "./model-sdk.ts";

/** The tools and the context of one step's calls. */
export interface ToolRun {
  /** The tools that the model was offered; it may call no others. */
  readonly tools: readonly AssistantTool[];
  readonly limits: ModelLimits;
  readonly signal: AbortSignal;
}

/** The SDK's form of our tools: what the model is told about them. */
export function toFunctionTools(tools: readonly AssistantTool[]): FunctionTool[] {
  return tools.map(({ name, description, inputSchema }) => ({
    type: "function",
    name,
    description,
    inputSchema,
  }));
}

/** The part that says that the model wants to use a tool. */
export function startedPart(call: ToolCall): AnswerPart {
  return toolPart(call, "started", startSummary(call.toolName, parseInput(call.input)));
}

/** The part that says that a call was not run: the model ended in the middle of its calls. */
export function notRunPart(call: ToolCall): AnswerPart {
  return toolPart(call, "failed", `${call.toolName}: the answer ended before it was run`);
}

/**
 * Runs the calls of one step side by side. Yields each one's end as it comes and returns the message that tells the
 * model of all of them, in the order of its calls. Nothing a tool does ends the answer; only an abort of `signal` throws.
 */
export async function* runCalls(
  calls: readonly ToolCall[],
  run: ToolRun,
): AsyncGenerator<AnswerPart, PromptMessage> {
  const outcomes = new Map<ToolCall, ToolOutcome>();
  // Keyed by call and not by id: some servers give parallel calls the same id.
  const running = new Map(
    calls.map((call) => [call, runCall(call, run).then((outcome) => ({ call, outcome }))]),
  );
  while (running.size > 0) {
    const { call, outcome } = await Promise.race(running.values());
    running.delete(call);
    outcomes.set(call, outcome);
    yield toolPart(call, outcome.state, outcome.summary);
  }
  return {
    role: "tool",
    content: calls.map((call) => ({
      type: "tool-result",
      toolCallId: call.toolCallId,
      toolName: call.toolName,
      output: { type: "text", value: toText(outcomes.get(call)?.value) },
    })),
  };
}

/** The model's calls as a message, in the form in which they have to be repeated to it. */
export function callParts(calls: readonly ToolCall[]) {
  return calls.map(({ toolCallId, toolName, input, providerMetadata }) => ({
    type: "tool-call" as const,
    toolCallId,
    toolName,
    input: asObject(parseInput(input)),
    ...(providerMetadata === undefined ? {} : { providerOptions: providerMetadata }),
  }));
}

async function runCall(call: ToolCall, { tools, limits, signal }: ToolRun): Promise<ToolOutcome> {
  const tool = tools.find(({ name }) => name === call.toolName);
  if (tool === undefined) {
    const names = tools.map(({ name }) => name).join(", ");
    return calledWrongly(
      call,
      `There is no tool "${call.toolName}" now. ${names === "" ? "Answer without tools." : `There are: ${names}.`}`,
    );
  }
  const input = parseInput(call.input);
  if (input === undefined) return calledWrongly(call, "The arguments are not JSON. Send them again.");
  return runTool(tool, input, limits.toolTimeoutMs, signal);
}

function calledWrongly(call: ToolCall, why: string): ToolOutcome {
  return {
    state: "failed",
    value: `Error: ${why}`,
    summary: `${call.toolName}: the model called it wrongly`,
  };
}

/** The arguments; none at all, or null, means an empty object, and JSON inside of JSON is what is in it. Undefined: not JSON. */
function parseInput(json: string): unknown {
  if (json.trim() === "") return {};
  const input = parseJson(json);
  const inner = typeof input === "string" ? parseJson(input) : undefined;
  const told = inner === undefined ? input : inner;
  return told === null ? {} : told;
}

/** Servers parse repeated arguments again, and refuse the whole request when they are not an object. */
function asObject(input: unknown): object {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? input : {};
}

/** What the model reads of a result. A result that JSON cannot hold must not end the answer. */
function toText(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return "Error: the result cannot be shown.";
  }
}

function toolPart(call: ToolCall, state: "started" | "done" | "failed", summary: string): AnswerPart {
  return { type: "tool", callId: call.toolCallId, name: call.toolName, state, summary };
}
