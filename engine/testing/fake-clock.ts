import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#engine/ports.ts";

/** A clock that only tests move. */
export interface FakeClock extends Clock {
  /** Moves time and wakes whatever sleeps until then, in order of time. */
  advance(durationMs: number): void;
  /** Ends of the running sleeps, relative to now, soonest first. */
  sleeping(): readonly number[];
}

export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  let nowMs = startMs;
  const sleepers = new Set<{ untilMs: number; wake: () => void }>();

  return {
    nowMs: () => nowMs,
    async sleep(durationMs, signal) {
      if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sleeper = { untilMs: nowMs + durationMs, wake: resolve };
      sleepers.add(sleeper);
      signal.addEventListener("abort", () => reject(new PipitError("CANCELLED", "Cancelled.")), {
        once: true,
      });
      try {
        await promise;
      } finally {
        sleepers.delete(sleeper);
      }
    },
    advance(durationMs) {
      const untilMs = nowMs + durationMs;
      const due = [...sleepers].filter((sleeper) => sleeper.untilMs <= untilMs);
      for (const sleeper of due.toSorted((a, b) => a.untilMs - b.untilMs)) {
        nowMs = Math.max(nowMs, sleeper.untilMs);
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      nowMs = untilMs;
    },
    sleeping: () => [...sleepers].map((sleeper) => sleeper.untilMs - nowMs).toSorted((a, b) => a - b),
  };
}

/** Lets everything that waits for nothing but the event loop happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await Promise.resolve();
}
