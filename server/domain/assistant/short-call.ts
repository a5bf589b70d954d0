import type { Clock } from "#contract/clock.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { TokenUse, TokenUseStore } from "../usage/ports.ts";
import { abortable } from "../abortable.ts";
import type { AnswerModel, AnswerRequest } from "./ports.ts";
import { usedTokens } from "./used-tokens.ts";

/** Longest thinking of a model about a short answer, in UTF-16 code units. */
const REASONING_MAX_CHARS = 32_768;

/** What a short call is asked, and how much of an answer is taken. */
export interface ShortCall {
  readonly messages: AnswerRequest["messages"];
  readonly locale: string;
  /** The answer ends here, in UTF-16 code units. */
  readonly maxChars: number;
  readonly timeoutMs: number;
  /** Told of the answer so far, whenever there is more of it. */
  readonly onText?: (text: string) => void;
}

interface ShortCallDeps {
  readonly tokenUse: Pick<TokenUseStore, "add">;
  readonly clock: Clock;
}

/**
 * Asks a model something that Pipit itself wants to know, without tools. What it cost is counted, of what fails or is
 * broken off too.
 *
 * @throws PipitError as `AnswerModel.answer`; DEADLINE_EXCEEDED after `timeoutMs`; MODEL_FAILED when it says nothing
 */
export async function shortCall(
  { tokenUse, clock }: ShortCallDeps,
  { userId, chatId }: Pick<TokenUse, "userId" | "chatId">,
  model: AnswerModel,
  { messages, locale, maxChars, timeoutMs, onText }: ShortCall,
  signal: AbortSignal,
): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let [text, reasoning, inputTokens, outputTokens] = ["", "", 0, 0];
  try {
    for await (const part of abortable(model.answer({ messages, locale, tools: [] }, limited), limited)) {
      if (part.type === "text") {
        text += part.text;
        onText?.(text);
      } else if (part.type === "reasoning") reasoning += part.text;
      else if (part.type === "usage") ({ inputTokens, outputTokens } = part);
      if (text.length >= maxChars || reasoning.length > REASONING_MAX_CHARS) break;
    }
  } finally {
    const told = { model: model.name, inputTokens, outputTokens };
    const said = [reasoning, text].filter((one) => one !== "");
    const used = usedTokens(told, messages, said, true);
    if (used !== undefined)
      await tokenUse.add({ userId, chatId, model: model.name, ...used, atMs: clock.nowMs() });
  }
  if (text.trim() === "")
    throw new PipitError("MODEL_FAILED", `The model "${model.name}" gave an empty answer.`);
  return text.slice(0, maxChars).trim();
}
