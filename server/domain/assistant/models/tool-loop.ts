import type { AnswerPart, AssistantTool } from "../ports.ts";
import { modelSaidNothing } from "./model-errors.ts";
import type { ModelEndpoint } from "./model-endpoint.ts";
import type { ModelLimits } from "./model-limits.ts";
import type { ChatModel, Finish, FunctionTool, Prompt, PromptMessage, ToolCall } from "./model-sdk.ts";
import { callParts, notRunPart, runCalls, startedPart, toFunctionTools } from "./model-tools.ts";
import type { SilenceWatch } from "./silence-watch.ts";

export interface ToolLoop {
  readonly model: ChatModel;
  readonly endpoint: ModelEndpoint;
  readonly limits: ModelLimits;
  readonly prompt: Prompt;
  /** Empty: the model is asked once. */
  readonly tools: readonly AssistantTool[];
  /** Told of every sign of life of the model and of the tools. */
  readonly silence: SilenceWatch;
  readonly signal: AbortSignal;
}

/**
 * Asks the model, runs the tools that it calls, tells it their results and asks again, until it calls none: at most
 * `limits.maxSteps` requests. Throws what the SDK or the network threw, and MODEL_FAILED when no text came at all.
 */
export async function* runToolLoop(loop: ToolLoop): AsyncGenerator<AnswerPart, void> {
  const { tools, limits, signal } = loop;
  const lastStep = tools.length === 0 ? 0 : limits.maxSteps - 1;
  const prompt = [...loop.prompt];
  const usage = { inputTokens: 0, outputTokens: 0 };
  let spoke = false;
  for (let step = 0; step <= lastStep; step += 1) {
    signal.throwIfAborted();
    // The last step may only talk, so that a model in love with its tools still answers.
    const offered = step === lastStep ? [] : tools;
    const said = yield* ask(loop, prompt, toFunctionTools(offered));
    spoke ||= said.text !== "";
    addUsage(usage, said.finish);
    if (said.calls.length === 0) break;
    const results = yield* useTools(loop, said, offered);
    if (results === undefined) break;
    prompt.push(toAssistantMessage(said), results);
  }
  if (!spoke) throw modelSaidNothing(loop.endpoint);
  yield { type: "usage", ...usage };
}

/** What the model said in one step. */
interface Said {
  text: string;
  reasoning: string;
  readonly calls: ToolCall[];
  finish: Finish | undefined;
}

/** One request. Reasoning is not shown, but counts as a sign of life and belongs to what the model said. */
async function* ask(loop: ToolLoop, prompt: Prompt, tools: FunctionTool[]): AsyncGenerator<AnswerPart, Said> {
  const { model, silence, signal } = loop;
  const { stream } = await model.doStream({
    prompt,
    abortSignal: signal,
    ...(tools.length === 0 ? {} : { tools, toolChoice: { type: "auto" } }),
  });
  const said: Said = { text: "", reasoning: "", calls: [], finish: undefined };
  for await (const part of stream) {
    // The SDK's own; they say nothing about the answer.
    if (part.type === "stream-start" || part.type === "response-metadata") continue;
    silence.alive();
    switch (part.type) {
      case "text-delta":
        if (part.delta === "") break;
        said.text += part.delta;
        yield { type: "text", text: part.delta };
        break;
      case "reasoning-delta":
        said.reasoning += part.delta;
        break;
      case "tool-call":
        said.calls.push(part);
        yield startedPart(part);
        break;
      case "finish":
        said.finish = part;
        break;
      case "error":
        throw part.error;
      default:
    }
  }
  return said;
}

/** Runs what the model called; returns the message with the results, or undefined when the answer ends here. */
async function* useTools(
  loop: ToolLoop,
  { calls, finish }: Said,
  offered: readonly AssistantTool[],
): AsyncGenerator<AnswerPart, PromptMessage | undefined> {
  const reason = finish?.finishReason.unified;
  if (reason === "tool-calls" || reason === "stop")
    return yield* runCalls(calls, { ...loop, tools: offered });
  // The calls of an answer that was cut (by its length, by a filter) may be incomplete.
  for (const call of calls) yield notRunPart(call);
  return undefined;
}

function addUsage(sum: { inputTokens: number; outputTokens: number }, finish: Finish | undefined): void {
  sum.inputTokens += finish?.usage.inputTokens.total ?? 0;
  sum.outputTokens += finish?.usage.outputTokens.total ?? 0;
}

/** Some models want their reasoning back together with the results of the tools that they called. */
function toAssistantMessage({ text, reasoning, calls }: Said): PromptMessage {
  return {
    role: "assistant",
    content: [
      ...(reasoning === "" ? [] : [{ type: "reasoning" as const, text: reasoning }]),
      ...(text === "" ? [] : [{ type: "text" as const, text }]),
      ...callParts(calls),
    ],
  };
}
