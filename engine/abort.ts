import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "./ports.ts";

/** Rejects with CANCELLED if `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.", { cause: signal.reason });
}

/**
 * Waits for work that several callers share: an abort ends this caller's waiting with CANCELLED, not the work.
 */
export async function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // No caller may be left to hear that it failed.
  work.catch(() => {});
  throwIfAborted(signal);
  const cancelled = Promise.withResolvers<never>();
  const onAbort = () => cancelled.reject(new PipitError("CANCELLED", "Cancelled.", { cause: signal.reason }));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, cancelled.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Runs `work` for at most `timeoutMs`; after that its signal aborts and the call rejects with what `onTimeout` makes.
 */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  onTimeout: () => PipitError,
): Promise<T> {
  throwIfAborted(signal);
  const timer = new AbortController();
  const limit = new AbortController();
  const expired = clock.sleep(timeoutMs, timer.signal).then(
    () => limit.abort(),
    // The timer was stopped because the work is done: nothing more can happen.
    () => {},
  );
  try {
    const limited = AbortSignal.any([signal, limit.signal]);
    return await waitFor(work(limited), limited);
  } catch (reason) {
    if (limit.signal.aborted && !signal.aborted) throw onTimeout();
    throw reason;
  } finally {
    timer.abort();
    await expired;
  }
}
