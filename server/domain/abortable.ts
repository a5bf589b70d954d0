/**
 * Iterates `source` but stops at once when `signal` aborts, even if the source never looks at its own signal: a hanging
 * model must not keep a cancelled turn alive. Throws the signal's reason.
 *
 * One listener for the whole iteration. `Promise.race` against a long-lived promise would leave one reaction per chunk
 * behind for as long as the turn lives.
 */
export async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  let rejectPending: ((reason: unknown) => void) | undefined;
  const onAbort = (): void => rejectPending?.(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let finished = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
        rejectPending = reject;
        iterator.next().then(resolve, reject);
      });
      if (result.done === true) {
        finished = true;
        return;
      }
      yield result.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a source that ignores its signal may never answer, and what it throws now changes nothing.
    if (!finished) iterator.return?.().then(undefined, () => undefined);
  }
}
