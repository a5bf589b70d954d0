const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal that aborts when this program is asked to end; disposing gives the system's own handling back. */
export function listenForStop(): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController();
  const onStop = (name: string): void => stop.abort(new Error(`stopped by ${name}`));
  for (const name of names) process.on(name, onStop);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, onStop);
    },
  };
}
