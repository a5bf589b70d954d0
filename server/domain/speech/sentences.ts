import type { Sentence } from "#contract/spoken/spoken-answer.ts";

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
