import { PipitError } from "#contract/pipit-error.ts";
import { throwIfAborted } from "./abort.ts";
import type { Clock } from "./ports.ts";

/** The longest delay that timers of all runtimes can hold (2^31 - 1 ms, 24.8 days); a longer sleep is cut to it. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's clock; `sleep` rejects with CANCELLED when aborted. Runs in Node, Electron and the page. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(durationMs, signal) {
    throwIfAborted(signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(durationMs, MAX_TIMER_MS));
    const onAbort = () => reject(new PipitError("CANCELLED", "Cancelled.", { cause: signal.reason }));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  },
};
