import type { Sentence } from "#contract/spoken/spoken-answer.ts";
import { abortable } from "../abortable.ts";

/**
 * The sentences of an answer (markdown, in tokens of any size) as soon as each is finished. Reads only as far as the
 * next sentence needs. An abort ends the wait for a token at once, with the signal's reason.
 */
export async function* sentencesOf(
  tokens: AsyncIterable<string>,
  locale: string,
  signal: AbortSignal,
): AsyncGenerator<Sentence, void, undefined> {
  // The parser is loaded when the first answer is spoken.
  const { createSpokenAnswer } = await import("#contract/spoken/spoken-answer.ts");
  const answer = createSpokenAnswer(locale);
  for await (const token of abortable(tokens, signal)) yield* answer.push(token);
  yield* answer.end();
}
