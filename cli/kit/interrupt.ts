import { ToldError } from "./told-error.ts";

/**
 * Until it is disposed of, Ctrl-C and a request to end abort `signal` instead of ending the process, so that a command
 * leaves nothing half done.
 *
 * @param told what the person then reads
 */
export function listenForInterrupt(told: string): Disposable & { readonly signal: AbortSignal } {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new ToldError("CANCELLED", told));
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: interrupt.signal,
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
