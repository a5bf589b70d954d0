import type { LimitRule, Reservation, Settlement } from "./ports.ts";

/**
 * An attempt takes seconds at most. When nothing was granted for so long and some have still not ended, their process
 * has died, and they count as failures.
 */
export const PENDING_LEASE_MS = 30_000;

/** What is known of one key; see the table attempt_counters. */
export interface CounterState {
  /** Attempts that failed, or have not ended yet. */
  readonly charged: number;
  /** The part of them whose attempts have not ended yet. */
  readonly pending: number;
  /** Blocks in a row; the next one grows with it. */
  readonly level: number;
  /**
   * End of the window or of the block. While failures in a row are counted it is `windowMs` after the last grant, so it
   * also tells when that was.
   */
  readonly resetsAtMs: number;
}

/**
 * `AttemptCounterStore.reserve` as a function, so that SQL need only store what comes out; the script of the Redis
 * store says the same in Lua.
 *
 * @returns `next`: what to store; the very object that came in when nothing changes
 */
export function reserveIn(
  stored: CounterState | undefined,
  rule: LimitRule,
  nowMs: number,
): { readonly reservation: Reservation; readonly next: CounterState } {
  const state = currentState(stored, rule, nowMs);
  if (state.charged < rule.max) {
    const next = {
      charged: state.charged + 1,
      pending: state.pending + 1,
      level: state.level,
      resetsAtMs: rule.blockMs === undefined ? state.resetsAtMs : nowMs + rule.windowMs,
    };
    const reservation = {
      kind: "granted",
      ticket: next.resetsAtMs,
      remaining: rule.max - next.charged,
      resetAfterMs: next.resetsAtMs - nowMs,
    } as const;
    return { reservation, next };
  }
  const lapsed = rule.blockMs !== undefined && nowMs >= state.resetsAtMs - rule.windowMs + PENDING_LEASE_MS;
  if (state.pending > 0 && !lapsed) return { reservation: { kind: "busy" }, next: state };
  const next = state.pending > 0 ? blocked(state, rule, nowMs) : state;
  return { reservation: { kind: "blocked", retryAfterMs: next.resetsAtMs - nowMs }, next };
}

export interface SettledState {
  /** What to store; the very object that came in when nothing changes; undefined when nothing is worth storing. */
  readonly next: CounterState | undefined;
  /** Length of the block that began. */
  readonly blockedForMs?: number;
}

/** `AttemptCounterStore.settle` as a function. */
export function settleIn(
  stored: CounterState | undefined,
  rule: LimitRule,
  settlement: Settlement,
  nowMs: number,
): SettledState {
  if (stored === undefined) return { next: undefined };
  return rule.blockMs === undefined
    ? settleInWindow(stored, settlement)
    : settleInRow(stored, rule, settlement, nowMs);
}

function settleInWindow(stored: CounterState, { outcome, ticket }: Settlement): SettledState {
  // Its window has ended: the charges in this row belong to later attempts.
  if (stored.resetsAtMs !== ticket || stored.pending === 0) return { next: stored };
  const pending = stored.pending - 1;
  if (outcome === "failed") return { next: { ...stored, pending } };
  const charged = stored.charged - 1;
  return { next: charged === 0 ? undefined : { ...stored, charged, pending } };
}

function settleInRow(
  stored: CounterState,
  rule: LimitRule,
  { outcome }: Settlement,
  nowMs: number,
): SettledState {
  const pending = Math.max(0, stored.pending - 1);
  if (outcome === "succeeded") {
    // The failures before it are forgiven; attempts that are still being made stay counted.
    return { next: pending === 0 ? undefined : { ...stored, charged: pending, pending, level: 0 } };
  }
  if (stored.pending === 0) return { next: stored };
  if (outcome === "void") {
    const charged = stored.charged - 1;
    return { next: charged === 0 && stored.level === 0 ? undefined : { ...stored, charged, pending } };
  }
  if (pending > 0 || stored.charged < rule.max) return { next: { ...stored, pending } };
  const next = blocked(stored, rule, nowMs);
  return { next, blockedForMs: next.resetsAtMs - nowMs };
}

function blocked(state: CounterState, rule: LimitRule, nowMs: number): CounterState {
  const level = state.level + 1;
  return { charged: state.charged, pending: 0, level, resetsAtMs: nowMs + blockLengthMs(rule, level) };
}

function blockLengthMs({ blockMs = 0, growth = 1, maxBlockMs = Infinity }: LimitRule, level: number): number {
  return Math.min(blockMs * growth ** (level - 1), maxBlockMs);
}

function currentState(stored: CounterState | undefined, rule: LimitRule, nowMs: number): CounterState {
  const fresh = { charged: 0, pending: 0, level: 0, resetsAtMs: nowMs + rule.windowMs };
  if (stored === undefined) return fresh;
  if (stored.resetsAtMs <= nowMs) {
    const remembered = nowMs < stored.resetsAtMs + rule.windowMs;
    return { ...fresh, level: remembered ? stored.level : 0 };
  }
  const isBlock = rule.blockMs !== undefined && stored.charged >= rule.max && stored.pending === 0;
  const longestMs = isBlock ? blockLengthMs(rule, stored.level) : rule.windowMs;
  // The clock was set back: no client waits longer for that than a whole window or block.
  return stored.resetsAtMs > nowMs + longestMs ? { ...stored, resetsAtMs: nowMs + longestMs } : stored;
}
