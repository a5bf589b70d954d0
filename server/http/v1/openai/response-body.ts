import { randomUUID } from "node:crypto";
import type { CompletionEvent } from "#server/domain/assistant/completions.ts";
import type { AnswerHead } from "./completion-shape.ts";
import type { ResponseRequest } from "./response-request.ts";

type End = Extract<CompletionEvent, { type: "end" }>;
export type Call = Extract<CompletionEvent, { type: "call" }>;

/** An item of the output: what the assistant says, or a call of a function. */
export interface OutputItem {
  readonly id: string;
  readonly index: number;
  readonly call: Call | undefined;
  text: string;
}

export function itemOf(index: number, call: Call | undefined): OutputItem {
  return { id: `${call === undefined ? "msg" : "fc"}_${randomUUID()}`, index, call, text: "" };
}

export function itemBody(
  { id, call, text }: OutputItem,
  status: "in_progress" | "completed" | "incomplete",
): object {
  if (call !== undefined) {
    const { id: callId, name } = call;
    return { type: "function_call", id, call_id: callId, name, arguments: text, status };
  }
  const content = status === "in_progress" ? [] : [partOf(text)];
  return { type: "message", id, status, role: "assistant", content };
}

export function partOf(text: string): object {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

interface Outcome {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly output?: readonly object[];
  readonly error?: object;
  readonly incomplete?: { readonly reason: string };
  readonly usage?: object;
  /** Epoch seconds. */
  readonly completedAt?: number;
}

/** @param now epoch seconds */
export function endOf({ finish, inputTokens, outputTokens }: End, now: number): Outcome {
  const reason =
    finish === "length"
      ? "max_output_tokens"
      : finish === "content-filter"
        ? finish.replace("-", "_")
        : undefined;
  return {
    status: reason === undefined ? "completed" : "incomplete",
    ...(reason === undefined ? { completedAt: now } : { incomplete: { reason } }),
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}

/** The response with all that was asked for, as its clients expect it to be repeated. */
export function responseBody(
  { id, created, model }: AnswerHead,
  given: ResponseRequest["given"],
  outcome: Outcome,
) {
  const { status, output = [], error = null, incomplete = null, usage = null } = outcome;
  return {
    id,
    object: "response",
    created_at: created,
    completed_at: outcome.completedAt ?? null,
    status,
    incomplete_details: incomplete,
    model,
    previous_response_id: null,
    output,
    error,
    ...repeated(given),
    truncation: "disabled",
    top_logprobs: 0,
    usage,
    max_tool_calls: null,
    store: false,
    background: false,
    service_tier: "default",
    safety_identifier: null,
    prompt_cache_key: null,
  };
}

/** Numbers that are asked for by their names, with what they are when they are not. */
const numbers = { top_p: 1, presence_penalty: 0, frequency_penalty: 0, temperature: 1 } as const;

/** What was asked for, as clients expect it to be repeated. */
function repeated(given: ResponseRequest["given"]): object {
  const { instructions = null, tools, text, reasoning, metadata } = given;
  const told = Object.entries(numbers).map(([name, otherwise]) => {
    const value = given[name];
    return [name, typeof value === "number" ? value : otherwise];
  });
  return {
    instructions,
    tools: (tools ?? []).map(({ type, name, description = null, parameters = null, strict = null }) => ({
      type,
      name,
      description,
      parameters,
      strict,
    })),
    tool_choice: choiceOf(given.tool_choice),
    parallel_tool_calls: given["parallel_tool_calls"] !== false,
    text: { format: text?.format ?? { type: "text" } },
    reasoning: { effort: reasoning?.effort ?? null, summary: null },
    max_output_tokens: given.max_output_tokens ?? null,
    metadata: metadata ?? {},
    ...Object.fromEntries(told),
  };
}

function choiceOf(choice: ResponseRequest["given"]["tool_choice"]): string | object {
  if (choice === undefined || choice === null) return "auto";
  return typeof choice === "string" ? choice : { type: choice.type, name: choice.function.name };
}
