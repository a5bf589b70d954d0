export interface RepeatOptions {
  /** Of the first time. */
  readonly firstAfterMs: number;
  /** From the end of one time to the next. */
  readonly everyMs: number;
}

/**
 * Does `work` again and again; it must not reject. Disposing aborts its signal, waits for what is under way, and lets
 * nothing come after it. Keeps no process alive.
 */
export function repeat(
  work: (signal: AbortSignal) => Promise<void>,
  { firstAfterMs, everyMs }: RepeatOptions,
): AsyncDisposable {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const schedule = (afterMs: number): void => {
    timer = setTimeout(() => {
      running = work(stop.signal).then(() => {
        if (!stop.signal.aborted) schedule(everyMs);
      });
    }, afterMs);
    timer.unref();
  };
  schedule(firstAfterMs);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
