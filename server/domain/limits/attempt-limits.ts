import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import type { AttemptCounterStore, AttemptOutcome, Reservation } from "./ports.ts";
import { limitBucket, type LimitBucket, type LimitName } from "./rules.ts";

/** Between two looks at a bucket that is busy; spread, so that waiting attempts do not come back together. */
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 50;
/** Pauses of one attempt in all. */
const MAX_WAIT_MS = 5000;
/** What a client is told that has waited in vain. */
const BUSY_RETRY_MS = 1000;

/** What the strictest bucket of an attempt still allows. */
export interface Rate {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

interface AttemptLimitsOptions {
  readonly counters: AttemptCounterStore;
  readonly clock: Clock;
  /**
   * Told what is left: when an attempt is let in or refused, and again when it has ended, as its charge was kept or given
   * back.
   */
  readonly onRate?: (rate: Rate) => void;
  /** Told when a failure begins a block. */
  readonly onBlocked?: (name: LimitName, blockedForMs: number) => void;
  /** Waits; injected by tests. */
  readonly sleep?: (durationMs: number, signal?: AbortSignal) => Promise<void>;
}

/** Lets attempts in before they are made, so that many at once cannot all slip through. */
export type AttemptLimits = ReturnType<typeof createAttemptLimits>;

export function createAttemptLimits(options: AttemptLimitsOptions) {
  const { counters, clock, sleep = sleepFor } = options;

  return {
    /**
     * Charges the attempt to all buckets, or to none. While the rest of a bucket is held by attempts that may still
     * succeed, it waits, some seconds at most. The first bucket should be the one that refuses most.
     *
     * Throws RATE_LIMITED or ACCOUNT_LOCKED with `retryAfterMs`, LIMITS_UNREACHABLE, or the reason of `signal`.
     */
    async take(buckets: readonly LimitBucket[], signal?: AbortSignal): Promise<Attempt> {
      let order = buckets;
      for (let waitedMs = 0; ;) {
        signal?.throwIfAborted();
        const held = await reserveAll(counters, order, clock.nowMs());
        if ("reservations" in held) return attemptOf(options, held.reservations);
        const retryAfterMs = refusedForMs(held.reservation, waitedMs);
        if (retryAfterMs !== undefined) {
          options.onRate?.({ limit: held.bucket.rule.max, remaining: 0, resetAfterMs: retryAfterMs });
          throw held.reservation.kind === "busy" ? tooManyAtOnce() : refusal(held.bucket, retryAfterMs);
        }
        const pauseMs = SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS);
        waitedMs += pauseMs;
        await sleep(pauseMs, signal);
        // A waiting attempt looks at the busy bucket first, and meanwhile charges none that other attempts need.
        const scarce = held.bucket;
        order = [scarce, ...buckets.filter((bucket) => bucket !== scarce)];
      }
    },

    /** Forgets the failures of an account, as an admin may; its known devices and all networks keep theirs. */
    async unlock(userKey: string): Promise<void> {
      for (const name of ["lockout", "username"] as const) {
        await counters.reset(counterKeyOf(limitBucket(name, userKey)));
      }
    },
  };
}

/** Undefined: it is worth another look. */
function refusedForMs(reservation: Refused["reservation"], waitedMs: number): number | undefined {
  if (reservation.kind === "blocked") return reservation.retryAfterMs;
  return waitedMs >= MAX_WAIT_MS ? BUSY_RETRY_MS : undefined;
}

type Granted = Extract<Reservation, { kind: "granted" }>;
type Reserved = readonly [bucket: LimitBucket, granted: Granted];
type Refused = {
  readonly bucket: LimitBucket;
  readonly reservation: Exclude<Reservation, { kind: "granted" }>;
};

/** All reservations, or none and the bucket that refused. */
async function reserveAll(
  counters: AttemptCounterStore,
  buckets: readonly LimitBucket[],
  nowMs: number,
): Promise<{ readonly reservations: readonly Reserved[] } | Refused> {
  const reservations: Reserved[] = [];
  try {
    for (const bucket of buckets) {
      const reservation = await counters.reserve(counterKeyOf(bucket), bucket.rule, nowMs);
      if (reservation.kind !== "granted") {
        await settleAll(counters, reservations, "void", nowMs);
        return { bucket, reservation };
      }
      reservations.push([bucket, reservation]);
    }
  } catch (reason) {
    // What cannot be given back now counts as a failure, which is the safe side.
    await settleAll(counters, reservations, "void", nowMs).catch(() => undefined);
    throw reason;
  }
  return { reservations };
}

/** Settles each, also when another fails. */
async function settleAll(
  counters: AttemptCounterStore,
  reservations: readonly Reserved[],
  outcome: AttemptOutcome,
  nowMs: number,
): Promise<readonly { readonly name: LimitName; readonly forMs: number | undefined }[]> {
  const settled = await Promise.allSettled(
    reservations.map(async ([bucket, { ticket }]) => ({
      name: bucket.name,
      forMs: await counters.settle(counterKeyOf(bucket), bucket.rule, { outcome, ticket }, nowMs),
    })),
  );
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** An attempt that was let in and charged; it counts as failed until it is settled. */
export type Attempt = ReturnType<typeof attemptOf>;

function attemptOf(
  { counters, clock, onBlocked, onRate }: AttemptLimitsOptions,
  reservations: readonly Reserved[],
) {
  onRate?.(rateOf(reservations));
  const settle = async (outcome: AttemptOutcome): Promise<void> => {
    const blocks = await settleAll(counters, reservations, outcome, clock.nowMs());
    onRate?.(rateOf(reservations.map((reserved) => settledAs(reserved, outcome))));
    for (const { name, forMs } of blocks) if (forMs !== undefined) onBlocked?.(name, forMs);
  };
  let settled: Promise<void> | undefined;
  return {
    /**
     * Says how it ended: `succeeded` gives the charges back, `void` (nothing was tried after all) as well, `failed` keeps
     * them. Only the first call counts. Throws LIMITS_UNREACHABLE, and then it counts as failed.
     */
    settle: (outcome: AttemptOutcome) => (settled ??= settle(outcome)),
  };
}

function rateOf(reservations: readonly Reserved[]): Rate {
  const [strictest] = reservations.toSorted(([, a], [, b]) => a.remaining - b.remaining);
  if (strictest === undefined) throw new Error("an attempt needs a bucket");
  const [{ rule }, { remaining, resetAfterMs }] = strictest;
  return { limit: rule.max, remaining, resetAfterMs };
}

/** The reservation after its attempt ended with `outcome`. */
function settledAs([bucket, granted]: Reserved, outcome: AttemptOutcome): Reserved {
  if (outcome === "failed") return [bucket, granted];
  const { max, blockMs } = bucket.rule;
  const endsRow = outcome === "succeeded" && blockMs !== undefined;
  return [bucket, { ...granted, remaining: endsRow ? max : Math.min(max, granted.remaining + 1) }];
}

/** Neither names nor addresses stand in a database of counters. */
function counterKeyOf({ name, key }: LimitBucket): string {
  return createHash("sha256").update(`${name}\0${key}`).digest("base64url");
}

/** What a refusal is called, and what was too much. */
const refusals: Record<LimitName, readonly ["RATE_LIMITED" | "ACCOUNT_LOCKED", string]> = {
  ip: ["RATE_LIMITED", "Too many sign-ins that failed from this network."],
  username: ["RATE_LIMITED", "Too many sign-ins that failed for this account."],
  lockout: ["ACCOUNT_LOCKED", "This account is locked for a while: too many sign-ins failed in a row."],
  device: ["ACCOUNT_LOCKED", "This device is locked for a while: too many sign-ins failed in a row."],
  enrolment: ["RATE_LIMITED", "Too many wrong codes."],
  "user-code": ["RATE_LIMITED", "Too many wrong codes."],
  "sign-in-code": ["RATE_LIMITED", "Too many wrong sign-in codes."],
  "begun-sign-in": ["RATE_LIMITED", "Too many sign-ins were begun from this network."],
  registration: ["RATE_LIMITED", "Too many new accounts or addresses from this network."],
  "room-message": ["RATE_LIMITED", "Too many messages from this account."],
  "room-picture": ["RATE_LIMITED", "Too many pictures in rooms from this account."],
  "event-batch": ["RATE_LIMITED", "Too many batches of events from this account."],
  room: ["RATE_LIMITED", "Too many new rooms from this account."],
  invitation: ["RATE_LIMITED", "Too many invitations of logins that no account has."],
};

function refusal({ name }: LimitBucket, retryAfterMs: number): PipitError {
  const [code, what] = refusals[name];
  return new PipitError(code, `${what} Wait ${waitText(retryAfterMs)} and try again.`, { retryAfterMs });
}

function waitText(durationMs: number): string {
  const seconds = Math.max(1, Math.ceil(durationMs / 1000));
  if (seconds < 60) return seconds === 1 ? "a second" : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
}

function tooManyAtOnce(): PipitError {
  return new PipitError("RATE_LIMITED", "Too much at the same time. Wait a second and try again.", {
    retryAfterMs: BUSY_RETRY_MS,
  });
}

async function sleepFor(durationMs: number, signal?: AbortSignal): Promise<void> {
  await pause(durationMs, undefined, { ...(signal && { signal }) });
}
