/** Why an answer ended, in the words that the SDK knows; "error" is ours. */
export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter" | "error";

const REASONS: Readonly<Record<FinishReason, RegExp>> = {
  length:
    /^(length|max_?(output_?|completion_?|predicted_?)?tokens(_?reached)?|model_length|token_limit|(model_)?context_?(window_?exceeded|length_?(reached|exceeded)))$/i,
  content_filter:
    /^(content_?filter(ed)?|guardrail_?intervened|error_toxic|safety|recitation|blocklist|prohibited_content|sensitive|refusal)$/i,
  error: /^(error|failed|abort(ed)?|cancel(led)?|insufficient_system_resource)$/i,
  tool_calls: /^(tool_?calls?|tool_use|function_?calls?)$/i,
  stop: /^/,
};
const ORDER = ["length", "content_filter", "error", "tool_calls", "stop"] as const;

/**
 * Reads a `finish_reason` of any server; the strongest of two that one answer tells wins, since a cut answer that also says
 * "stop" was cut. Undefined: not over yet (null, "" or absent).
 */
export function strongerFinish(known: FinishReason | undefined, told: unknown): FinishReason | undefined {
  if (typeof told !== "string" || told === "" || told === "null") return known;
  const reason = ORDER.find((one) => REASONS[one].test(told)) ?? "stop";
  return known === undefined || ORDER.indexOf(reason) < ORDER.indexOf(known) ? reason : known;
}
