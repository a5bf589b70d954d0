import { randomUUID } from "node:crypto";
import type { AnswerPart, AnswerRequest, AssistantTool, ClientTools, FinishReason } from "../ports.ts";
import { modelSaidNothing } from "./model-errors.ts";
import type { ModelEndpoint } from "./model-endpoint.ts";
import type { ModelLimits } from "./model-limits.ts";
import {
  SDK_PROVIDER,
  type ChatModel,
  type Finish,
  type FunctionTool,
  type Prompt,
  type PromptMessage,
  type ProviderOptions,
  type ToolCall,
  type ToolChoice,
} from "./model-sdk.ts";
import { callParts, notRunPart, runCalls, startedPart, toFunctionTools } from "./model-tools.ts";
import { answerCut, answerFiltered } from "./model-notices.ts";
import { ReasoningSplitter, type SaidPiece } from "./reasoning-splitter.ts";
import { addTokens } from "./wire/token-count.ts";

export interface ToolLoop {
  readonly model: ChatModel;
  readonly endpoint: ModelEndpoint;
  readonly limits: ModelLimits;
  readonly prompt: Prompt;
  /** Empty: the model is asked once. */
  readonly tools: readonly AssistantTool[];
  readonly locale: string;
  readonly fields: AnswerRequest["fields"];
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
  let reason: FinishReason | undefined;
  for (let step = 0; step <= lastStep; step += 1) {
    signal.throwIfAborted();
    // The last step may only talk, so that a model in love with its tools still answers.
    const offered = step === lastStep ? [] : tools;
    const said = yield* ask(loop, prompt, toFunctionTools(offered));
    spoke ||= said.text !== "";
    reason = said.finish?.finishReason.unified;
    addUsage(usage, said.finish);
    if (said.calls.length === 0) break;
    const results = yield* useTools(loop, said, offered);
    if (results === undefined) break;
    prompt.push(toAssistantMessage(said), results);
  }
  if (!spoke) throw modelSaidNothing(loop.endpoint, WHY_NOTHING[reason ?? "other"] ?? "");
  yield* endNotices(reason, loop.locale);
  yield { type: "usage", ...usage };
}

/** Asks the model once, for a program: its calls and its reason to end are told and nothing else. Throws as {@link runToolLoop}. */
export async function* handOn(
  loop: ToolLoop,
  { tools, choice }: ClientTools,
): AsyncGenerator<AnswerPart, void> {
  const offered = tools.map((tool) => ({ type: "function" as const, ...tool }));
  const toolChoice =
    typeof choice === "string" ? { type: choice } : choice && { type: "tool" as const, ...choice };
  const said = yield* ask(loop, loop.prompt, offered, toolChoice);
  for (const { toolCallId: id, toolName: name, input } of said.calls) yield { type: "call", id, name, input };
  const usage = { inputTokens: 0, outputTokens: 0 };
  addUsage(usage, said.finish);
  // Servers that write calls as text end for another reason, or for none.
  const finish = said.calls.length > 0 ? "tool-calls" : said.finish?.finishReason.unified;
  yield { type: "usage", ...usage, finish };
}

function endNotices(reason: FinishReason | undefined, locale: string): AnswerPart[] {
  if (reason === "length") return [answerCut(locale)];
  return reason === "content-filter" ? [answerFiltered(locale)] : [];
}

const WHY_NOTHING: Partial<Record<FinishReason, string>> = {
  length: " It reached its limit of length before it said a word.",
  "content-filter": " The content filter of the model server stopped it.",
};

/** What the model said in one step. */
interface Said {
  /** Without reasoning. */
  text: string;
  /** What the server marked as reasoning itself; that in the text it does not want back. */
  reasoning: string;
  readonly calls: ToolCall[];
  finish: Finish | undefined;
}

/** One request. */
async function* ask(
  loop: ToolLoop,
  prompt: Prompt,
  tools: FunctionTool[],
  toolChoice?: ToolChoice,
): AsyncGenerator<AnswerPart, Said> {
  const { stream } = await loop.model.doStream({
    prompt,
    abortSignal: loop.signal,
    // Without a choice of tools: "auto" is the default, and there are servers that refuse the field.
    ...(tools.length === 0 ? {} : { tools, ...(toolChoice && { toolChoice }) }),
    // As they are: the SDK knows some of them under other names, and takes the others for its provider's.
    ...(loop.fields && { providerOptions: { [SDK_PROVIDER]: loop.fields as ProviderOptions } }),
  });
  const said: Said = { text: "", reasoning: "", calls: [], finish: undefined };
  const splitter = new ReasoningSplitter();
  for await (const part of stream) {
    switch (part.type) {
      case "text-delta":
        for (const piece of splitter.push(part.delta)) yield keep(said, piece, tools);
        break;
      case "reasoning-delta":
        if (part.delta === "") break;
        said.reasoning += part.delta;
        yield { type: "reasoning", text: part.delta, takesText: false };
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
  for (const piece of splitter.end()) yield keep(said, piece, tools);
  return said;
}

function keep(said: Said, piece: SaidPiece, tools: readonly FunctionTool[]): AnswerPart {
  if (piece.type === "call") {
    const { tool: toolName, input, text } = piece;
    // The user is not told the source of a call, not even of one of a tool that was not offered.
    if (!tools.some(({ name }) => name === toolName)) return { type: "reasoning", text, takesText: false };
    const call: ToolCall = { type: "tool-call", toolCallId: randomUUID(), toolName, input };
    said.calls.push(call);
    return startedPart(call);
  }
  if (piece.type === "text") said.text += piece.text;
  else if (piece.takesText) said.text = "";
  return piece;
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
  sum.inputTokens = addTokens(sum.inputTokens, finish?.usage.inputTokens.total ?? 0);
  sum.outputTokens = addTokens(sum.outputTokens, finish?.usage.outputTokens.total ?? 0);
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
