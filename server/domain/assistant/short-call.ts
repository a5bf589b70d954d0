import { PipitError } from "#contract/pipit-error.ts";
import { abortable } from "./abortable.ts";
import type { AnswerModel, AnswerRequest } from "./ports.ts";
import { usedTokens, type Used } from "./used-tokens.ts";

/** Longest thinking of a model about a short answer, in UTF-16 code units. */
const REASONING_MAX_CHARS = 32_768;

/** What a short call is asked, and how much of an answer is taken. */
export interface ShortCall {
  readonly messages: AnswerRequest["messages"];
  readonly locale: string;
  /** The answer ends here, in UTF-16 code units. */
  readonly maxChars: number;
  readonly timeoutMs: number;
}

/** The answer to a short call, and what it cost. */
interface ShortAnswer extends Used {
  readonly text: string;
}

/**
 * Asks a model something that Pipit itself wants to know, without tools.
 *
 * @throws PipitError as `AnswerModel.answer`; DEADLINE_EXCEEDED after `timeoutMs`; MODEL_FAILED when it says nothing
 */
export async function shortCall(
  model: AnswerModel,
  { messages, locale, maxChars, timeoutMs }: ShortCall,
  signal: AbortSignal,
): Promise<ShortAnswer> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let [text, reasoning, inputTokens, outputTokens] = ["", 0, 0, 0];
  for await (const part of abortable(model.answer({ messages, locale, tools: [] }, limited), limited)) {
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning += part.text.length;
    else if (part.type === "usage") ({ inputTokens, outputTokens } = part);
    if (text.length >= maxChars || reasoning > REASONING_MAX_CHARS) break;
  }
  if (text.trim() === "")
    throw new PipitError("MODEL_FAILED", `The model "${model.name}" gave an empty answer.`);
  const used = usedTokens({ model: model.name, inputTokens, outputTokens }, messages, [text], false);
  return { text: text.slice(0, maxChars).trim(), inputTokens, outputTokens, estimated: false, ...used };
}
