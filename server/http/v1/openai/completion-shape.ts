import type { BegunCompletion, CompletionEvent } from "#server/domain/assistant/completions.ts";
import type { FinishReason } from "#server/domain/assistant/ports.ts";
import type { OpenAiError } from "./openai-error.ts";

/** How an answer is written: for clients of the OpenAI API, or for those of the original server. */
export interface CompletionShape {
  /** Before the first event. */
  begin(): string;
  /** "" for what these clients are not told. */
  event(event: CompletionEvent): string;
  /** In place of the end. */
  fail(error: OpenAiError["body"]): string;
  whole(answer: WholeAnswer): object;
}

/** An answer that was not streamed. */
export interface WholeAnswer {
  readonly text: string;
  readonly calls: readonly Extract<CompletionEvent, { type: "call" }>[];
  readonly end: Extract<CompletionEvent, { type: "end" }>;
}

/** What all pieces of an answer say of it. */
export interface AnswerHead {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
}

export const DONE = "data: [DONE]\n\n";

/** Chunks of https://platform.openai.com/docs/api-reference/chat-streaming, exactly. */
export function openAiShape(head: AnswerHead, includeUsage: boolean): CompletionShape {
  const { id, created, model } = head;
  const usageSoFar = includeUsage ? { usage: null } : {};
  const chunkHead = { id, object: "chat.completion.chunk", created, model };
  const chunk = (delta: object, finish: string | null): string =>
    dataOf({ ...chunkHead, choices: [{ index: 0, delta, finish_reason: finish }], ...usageSoFar });
  // Text is by far the most, and is written without making a chunk of it first.
  const [beforeText = "", afterText = ""] = chunk({ content: "\u0001" }, null).split(
    JSON.stringify("\u0001"),
  );
  let calls = 0;
  return {
    begin: () => chunk({ role: "assistant", content: "" }, null),
    event(event) {
      switch (event.type) {
        case "text":
          return `${beforeText}${JSON.stringify(event.text)}${afterText}`;
        case "call": {
          const call = { index: calls, ...callOf(event) };
          calls += 1;
          return chunk({ tool_calls: [call] }, null);
        }
        case "end": {
          const last = chunk({}, finishOf(event.finish));
          const usage = includeUsage ? dataOf({ ...chunkHead, choices: [], usage: usageOf(event) }) : "";
          return `${last}${usage}${DONE}`;
        }
        default:
          return "";
      }
    },
    fail: (error) => dataOf(error),
    whole: ({ text, calls: made, end }) => ({
      id,
      object: "chat.completion",
      created,
      model,
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: text === "" && made.length > 0 ? null : text,
            refusal: null,
            ...(made.length > 0 && { tool_calls: made.map(callOf) }),
          },
          logprobs: null,
          finish_reason: finishOf(end.finish),
        },
      ],
      usage: usageOf(end),
    }),
  };
}

/** One event of a stream. */
function dataOf(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function callOf({ id, name, input }: Extract<CompletionEvent, { type: "call" }>) {
  return { id, type: "function", function: { name, arguments: input } };
}

function usageOf({ inputTokens, outputTokens }: Extract<CompletionEvent, { type: "end" }>) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

const finishes: Partial<Record<FinishReason, string>> = {
  length: "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
};

function finishOf(reason: FinishReason): string {
  return finishes[reason] ?? "stop";
}

/** The whole of an answer; what turned out to be reasoning is no part of it. */
export async function collect({ events }: Pick<BegunCompletion, "events">): Promise<WholeAnswer> {
  let kept = "";
  let text = "";
  const calls: Extract<CompletionEvent, { type: "call" }>[] = [];
  let end: WholeAnswer["end"] = { type: "end", finish: "other", inputTokens: 0, outputTokens: 0 };
  for await (const event of events) {
    if (event.type === "text") text += event.text;
    else if (event.type === "reasoning" && event.takesText) text = "";
    else if (event.type === "tool") {
      kept += text;
      text = "";
    } else if (event.type === "call") calls.push(event);
    else if (event.type === "end") end = event;
  }
  return { text: kept + text, calls, end };
}
