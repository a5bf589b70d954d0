import { languageOf } from "./language.ts";
import { createSentenceSplitter } from "./sentence-splitter.ts";
import { createSpeakableText } from "./speakable-text.ts";

/** One sentence as a voice gets it. */
export interface Sentence {
  readonly text: string;
  /** Primary subtag. */
  readonly language: string;
}

/**
 * The sentences of an answer (markdown, in tokens of any size) as soon as each is finished. Reads only as far as the
 * next sentence needs. An abort ends the wait for a token at once, with the signal's reason.
 */
export async function* sentencesOf(
  tokens: AsyncIterable<string>,
  locale: string,
  signal: AbortSignal,
): AsyncGenerator<Sentence, void, undefined> {
  const speakable = createSpeakableText(locale);
  const splitter = createSentenceSplitter(locale);
  const named = (text: string): Sentence => ({ text, language: languageOf(text, locale) });
  for await (const token of abortable(tokens, signal)) {
    for (const sentence of splitter.push(speakable.push(token))) yield named(sentence);
  }
  for (const sentence of splitter.push(speakable.end())) yield named(sentence);
  for (const sentence of splitter.end()) yield named(sentence);
}

/** Passes a stream on; an abort does not wait for the source, which may be a model that says nothing for long. */
async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  // One rejection at a time: racing each token against one long-lived promise would keep them all alive.
  let reject: ((reason: unknown) => void) | undefined;
  const abort = (): void => reject?.(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<T>>((resolve, rejectNext) => {
        reject = rejectNext;
        iterator.next().then(resolve, rejectNext);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
