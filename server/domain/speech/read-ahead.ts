/** A stream that is already running; leaving its loop or disposing it stops the source. */
export interface ReadAhead<T> extends AsyncIterable<T>, AsyncDisposable {
  /** Resolves, never rejects, when the source has stopped; an abort is enough for that, with or without a reader. */
  readonly finished: Promise<void>;
}

/**
 * Starts reading a source now and keeps at most `maxItems` until they are taken; beyond that the source waits.
 * @param open makes the source; it must stop when its signal aborts.
 */
export function readAhead<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  maxItems: number,
  signal: AbortSignal,
): ReadAhead<T> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const items: T[] = [];
  let outcome: { readonly error?: unknown } | undefined;
  let changed = Promise.withResolvers<void>();

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  async function fill(): Promise<void> {
    try {
      for await (const item of open(either)) {
        items.push(item);
        wake();
        while (items.length >= maxItems && !either.aborted) await changed.promise;
        if (either.aborted) break;
      }
      outcome = {};
    } catch (error) {
      outcome = { error };
    }
    wake();
  }

  either.addEventListener("abort", wake, { once: true });
  const filled = fill();

  async function* take(): AsyncGenerator<T, void> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const item = items.shift();
        if (item !== undefined) {
          wake();
          yield item;
        } else if (outcome === undefined) await changed.promise;
        else if ("error" in outcome) throw outcome.error;
        else return;
      }
    } finally {
      await dispose();
    }
  }

  async function dispose(): Promise<void> {
    stop.abort();
    either.removeEventListener("abort", wake);
    await filled;
  }

  return { [Symbol.asyncIterator]: take, [Symbol.asyncDispose]: dispose, finished: filled };
}
