import { PipitError } from "#contract/pipit-error.ts";
import { isHeld, isOver, reserveIn, settleIn, type CounterState } from "./counter-state.ts";
import type { AttemptCounterStore, LimitRule } from "./ports.ts";
import { LEVEL_MEMORY_MS } from "./rules.ts";

/** Keys remembered at once, about 25 MB. */
const DEFAULT_MAX_KEYS = 100_000;
/** Room made at once when there is none, so that a flood of keys does not search for some with every key. */
const ROOM_SHARE = 0.1;
const SWEEP_INTERVAL_MS = 60_000;
/** A store that was full counts as full for so long before it is swept again. */
const FULL_INTERVAL_MS = 1000;

export interface MemoryCounterStoreOptions {
  readonly maxKeys?: number;
}

interface Entry {
  readonly state: CounterState;
  readonly rule: LimitRule;
}

/**
 * Counts in this process; a restart forgets everything. When there are too many keys, those are forgotten that have no
 * block and no attempt under way, first those that end first. A key that must wait is never forgotten for the sake of
 * others: when there are only such keys, new ones are refused with LIMITS_UNREACHABLE.
 *
 * It goes by the caller's clock: set forward, blocks end that much earlier; set back, see counter-state.ts.
 */
export function createMemoryCounterStore({
  maxKeys = DEFAULT_MAX_KEYS,
}: MemoryCounterStoreOptions = {}): AttemptCounterStore {
  const entries = new Map<string, Entry>();
  let sweptAtMs = 0;
  let fullAtMs = -Infinity;

  const sweep = (nowMs: number): void => {
    sweptAtMs = nowMs;
    for (const [key, { state }] of entries) {
      if (isOver(state, nowMs, LEVEL_MEMORY_MS)) entries.delete(key);
    }
  };
  const makeRoom = (nowMs: number): void => {
    if (Math.abs(nowMs - fullAtMs) < FULL_INTERVAL_MS) throw full();
    sweep(nowMs);
    const wanted = entries.size - Math.floor(maxKeys * (1 - ROOM_SHARE));
    if (wanted <= 0) return;
    const forgettable = [...entries]
      .filter(([, { state, rule }]) => !isHeld(state, rule, nowMs))
      .toSorted(([, a], [, b]) => compareWorth(a.state, b.state));
    for (const [key] of forgettable.slice(0, wanted)) entries.delete(key);
    if (entries.size < maxKeys) return;
    fullAtMs = nowMs;
    throw full();
  };

  return {
    async reserve(key, rule, nowMs) {
      // Not "later than": the clock may have been set back.
      if (Math.abs(nowMs - sweptAtMs) >= SWEEP_INTERVAL_MS) sweep(nowMs);
      const entry = entries.get(key);
      if (entry === undefined && entries.size >= maxKeys) makeRoom(nowMs);
      const { reservation, next } = reserveIn(entry?.state, rule, nowMs);
      if (next !== entry?.state) entries.set(key, { state: next, rule });
      return reservation;
    },

    async settle(key, rule, settlement, nowMs) {
      const { next, blockedForMs } = settleIn(entries.get(key)?.state, rule, settlement, nowMs);
      if (next === undefined) entries.delete(key);
      else entries.set(key, { state: next, rule });
      return blockedForMs;
    },

    async reset(key) {
      entries.delete(key);
    },
  };
}

/** A key that was blocked before is worth more than one that was not; then the later end. */
function compareWorth(a: CounterState, b: CounterState): number {
  return Number(a.level > 0) - Number(b.level > 0) || a.resetsAtMs - b.resetsAtMs;
}

function full(): PipitError {
  return new PipitError(
    "LIMITS_UNREACHABLE",
    "Too many accounts and networks are locked at once, so nobody can sign in now. Try again in a minute.",
    { retryAfterMs: SWEEP_INTERVAL_MS },
  );
}
