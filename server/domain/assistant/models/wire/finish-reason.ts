import { isRecord, type JsonRecord } from "./json.ts";

/** Why an answer ended, in the words that the SDK knows; "error" is ours. */
export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter" | "error";

const REASONS: Readonly<Record<FinishReason, RegExp>> = {
  length:
    /^(length(_limit)?|max_?length|max_?(new_?|output_?|completion_?|predicted_?)?tokens(_?reached)?|model_length|token_limit|error_limit|truncated|(model_)?context_?(window_?exceeded|length_?(reached|exceeded)))$/i,
  content_filter:
    /^(content_?filter(ed)?|guardrail_?intervened|error_toxic|safety|recitation|blocklist|prohibited_content|spii|image_safety|content_policy(_violation)?|sensitive|refusal)$/i,
  error: /^(error|failed|abort(ed)?|cancel(led)?|insufficient_system_resource)$/i,
  tool_calls: /^(tool_?calls?|tool_use|function_?calls?)$/i,
  stop: /^/,
};
const ORDER = ["length", "content_filter", "error", "tool_calls", "stop"] as const;

/** Why the answer ended, as far as a choice, or the chunk around it, tells: by whichever name, as text or in an object. */
export function finishIn(record: JsonRecord): unknown {
  const told = record["finish_reason"] ?? record["finishReason"] ?? record["stop_reason"];
  return isRecord(told) ? (told["type"] ?? told["reason"]) : told;
}

/** The same of a whole chunk; Ollama's own protocol has other names there. */
export function finishAround(chunk: JsonRecord): unknown {
  return finishIn(chunk) ?? chunk["done_reason"] ?? (chunk["done"] === true ? "stop" : undefined);
}

/**
 * Reads a `finish_reason` of any server; the strongest of two that one answer tells wins, since a cut answer that also says
 * "stop" was cut. Undefined: not over yet (null, "" or absent).
 */
export function strongerFinish(known: FinishReason | undefined, told: unknown): FinishReason | undefined {
  if (typeof told !== "string" || told === "" || told === "null") return known;
  const word = told.replaceAll(/[-\s]/g, "_");
  const reason = ORDER.find((one) => REASONS[one].test(word)) ?? "stop";
  return known === undefined || ORDER.indexOf(reason) < ORDER.indexOf(known) ? reason : known;
}
