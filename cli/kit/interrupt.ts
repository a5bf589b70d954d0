import { PipitError } from "#contract/pipit-error.ts";
import { ToldError } from "./told-error.ts";

/**
 * Until it is disposed of, Ctrl-C and a request to end abort `signal` instead of ending the process, so that a command
 * leaves nothing half done.
 *
 * @param told what the person then reads, if it is more than that it was cancelled
 */
export function listenForInterrupt(told?: string): Disposable & { readonly signal: AbortSignal } {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(cancelled(told));
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

function cancelled(told: string | undefined): PipitError {
  return told === undefined ? new PipitError("CANCELLED", "Cancelled.") : new ToldError("CANCELLED", told);
}

/** Resolves to undefined when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
