import type { Clock } from "#server/domain/clock.ts";

/** Keys remembered at once; beyond it the oldest windows are forgotten, so that many keys cannot fill the memory. */
const MAX_KEYS = 10_000;

/** An attempt that was let in; it counts as failed until it is refunded. */
export interface Attempt {
  /** It succeeded: it does not count. */
  refund(): void;
}

/** How often something may fail for one key in a span of time. */
export interface AttemptLimit {
  /**
   * Counts before the attempt is made, so that many at once cannot all slip through.
   *
   * @returns how long to wait instead, when there were too many
   */
  take(key: string): Attempt | { readonly retryAfterMs: number };
}

export interface AttemptLimitOptions {
  readonly maxFailures: number;
  readonly windowMs: number;
  readonly clock: Clock;
}

interface Window {
  readonly endsAtMs: number;
  count: number;
}

/** Counts in this process. */
export function createAttemptLimit({ maxFailures, windowMs, clock }: AttemptLimitOptions): AttemptLimit {
  // In the order in which the windows were opened, and all are equally long: the oldest is the first to end.
  const windows = new Map<string, Window>();
  const forgetEnded = (nowMs: number): void => {
    for (const [key, { endsAtMs }] of windows) {
      if (endsAtMs > nowMs) return;
      windows.delete(key);
    }
  };
  const open = (key: string, nowMs: number): Window => {
    const oldest = windows.size < MAX_KEYS ? undefined : windows.keys().next().value;
    if (oldest !== undefined) windows.delete(oldest);
    const window = { endsAtMs: nowMs + windowMs, count: 0 };
    windows.set(key, window);
    return window;
  };
  return {
    take(key) {
      const nowMs = clock.nowMs();
      forgetEnded(nowMs);
      const window = windows.get(key) ?? open(key, nowMs);
      if (window.count >= maxFailures) return { retryAfterMs: window.endsAtMs - nowMs };
      window.count += 1;
      let refunded = false;
      return {
        refund() {
          if (!refunded) window.count -= 1;
          refunded = true;
        },
      };
    },
  };
}
