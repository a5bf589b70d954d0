/**
 * How many tokens a text is, about. No tokenizer: the model behind an OpenAI-compatible endpoint may be any.
 *
 * Current byte-pair vocabularies (cl100k, o200k, Llama 3, Qwen) need about one token for 4 characters of English, one
 * for 2 to 3 of Russian and about one for each CJK character. This counts 1/4, 1/2 and 1, so it errs on the side of a
 * smaller context, plus 4 tokens for a message's own frame.
 */
const QUARTERS_ASCII = 1;
const QUARTERS_OTHER = 2;
const QUARTERS_CJK = 4;
const FIRST_CJK_CODE = 0x2e80;
const MESSAGE_FRAME_TOKENS = 4;

/** Estimated tokens of one message; stops counting soon after `capTokens`. */
export function estimateTokens(text: string, capTokens = Number.POSITIVE_INFINITY): number {
  const capQuarters = capTokens * 4;
  let quarters = 0;
  for (let index = 0; index < text.length && quarters <= capQuarters; index += 1) {
    quarters += quartersOf(text.charCodeAt(index));
  }
  return MESSAGE_FRAME_TOKENS + Math.ceil(quarters / 4);
}

/** The beginning of a text that is about `maxTokens` long, with "…" where it was cut; never half a character. */
export function clipToTokens(text: string, maxTokens: number): string {
  const maxQuarters = Math.max(0, maxTokens - MESSAGE_FRAME_TOKENS - 1) * 4;
  let quarters = 0;
  for (let index = 0; index < text.length; index += 1) {
    quarters += quartersOf(text.charCodeAt(index));
    if (quarters > maxQuarters) return `${text.slice(0, index).replace(/[\uD800-\uDBFF]$/u, "")}…`;
  }
  return text;
}

function quartersOf(code: number): number {
  if (code < 0x80) return QUARTERS_ASCII;
  return code < FIRST_CJK_CODE ? QUARTERS_OTHER : QUARTERS_CJK;
}
