import type { Clock } from "#contract/clock.ts";

/** The machine's clock. */
export const systemClock: Clock = { nowMs: () => Date.now() };
