import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { Sealer } from "#server/domain/secrets/sealer.ts";
import { MAX_ACCESS_TOKEN_TTL_SECONDS, ID_TOKEN_TTL_SECONDS } from "./access-tokens.ts";
import { makeKey } from "./key-pairs.ts";
import {
  TOKEN_ALGORITHMS,
  type SigningKeyStore,
  type StoredSigningKey,
  type TokenAlgorithm,
} from "./ports.ts";

/** How long a verifier may keep our JWKS (`max-age`), in seconds. */
export const JWKS_MAX_AGE_SECONDS = 3_600;
/** Server processes look at the database now and then, and a clock may be wrong by ten minutes. */
const SPREAD_MS = 15 * 60_000;
/** A new key is published this long before it signs. */
export const PUBLISH_AHEAD_MS = JWKS_MAX_AGE_SECONDS * 1000 + SPREAD_MS;
/**
 * A retired key stays published for the life of what it signed, and a day for a server process that slept meanwhile and
 * has signed one more token with it.
 */
export const KEEP_RETIRED_MS =
  Math.max(MAX_ACCESS_TOKEN_TTL_SECONDS, ID_TOKEN_TTL_SECONDS) * 1000 + 24 * 60 * 60 * 1000 + SPREAD_MS;
/** Life of a signing key unless the configuration says otherwise. */
export const ROTATE_EVERY_MS = 90 * 24 * 60 * 60 * 1000;

/** What rotating did for one algorithm, and from when on there is something to do again. */
export interface RotationStep {
  readonly algorithm: TokenAlgorithm;
  /**
   * made: its first key, which signs at once. prepared: a next key is published. promoted: the next key signs. elsewhere:
   * another server process took the step in the same moment. waiting: nothing could be done yet.
   */
  readonly did: "made" | "prepared" | "promoted" | "elsewhere" | "waiting";
  /** The key that signs now, or the one that will; absent when another process chose it. */
  readonly kid?: string;
  readonly nextStepAtMs: number;
}

interface KeyRotationOptions {
  readonly store: SigningKeyStore;
  /** For the audit of promotions; absent: they are not audited. */
  readonly auth?: Pick<AuthStore, "transaction"> | undefined;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly rotateEveryMs: number;
}

export interface AdvanceOptions {
  readonly force?: boolean;
  readonly origin?: AuditOrigin;
}

/**
 * The life of signing keys: published as next, signing, retired, removed. Any number of server processes may take these
 * steps at once; nothing is done on a timer.
 */
export function createKeyRotation(options: KeyRotationOptions) {
  const { store, clock, rotateEveryMs } = options;
  return {
    /** Whether `advance` would have something to do. */
    isDue(keys: readonly StoredSigningKey[]): boolean {
      const nowMs = clock.nowMs();
      const isGone = (key: StoredSigningKey) => nowMs >= removableAtMs(key);
      return (
        keys.some(isGone) ||
        keys.some((key) => latestDateOf(key) > nowMs + SPREAD_MS) ||
        planAll(keys, rotateEveryMs).some((plan) => nowMs >= plan.atMs)
      );
    },

    /**
     * Takes every step that is due, one per algorithm.
     *
     * @param force prepares a next key now, however young the signing one is
     */
    async advance({ force = false, origin = systemOrigin }: AdvanceOptions = {}) {
      // Such a key would not be promoted, or rotated, before that date has come.
      await store.clampFuture(clock.nowMs());
      await store.removeRetired(clock.nowMs() - KEEP_RETIRED_MS);
      const steps: RotationStep[] = [];
      for (const plan of planAll(await store.list(), rotateEveryMs)) {
        steps.push(await step(plan, { ...options, force, origin }));
      }
      return steps;
    },
  };
}

/** The next step of one algorithm, and when it may be taken. */
type Plan =
  | { readonly kind: "make"; readonly algorithm: TokenAlgorithm; readonly atMs: number }
  | { readonly kind: "prepare"; readonly current: StoredSigningKey; readonly atMs: number }
  | {
      readonly kind: "promote";
      readonly current: StoredSigningKey;
      readonly next: StoredSigningKey;
      readonly atMs: number;
    };

function planAll(keys: readonly StoredSigningKey[], rotateEveryMs: number): readonly Plan[] {
  return TOKEN_ALGORITHMS.map((algorithm) => {
    const own = keys.filter((key) => key.algorithm === algorithm);
    const current = own.find((key) => key.state === "signing");
    if (current === undefined) return { kind: "make", algorithm, atMs: 0 };
    const next = own.find((key) => key.state === "next");
    if (next !== undefined)
      return { kind: "promote", current, next, atMs: next.createdAtMs + PUBLISH_AHEAD_MS };
    const signingSinceMs = current.signingSinceMs ?? current.createdAtMs;
    return { kind: "prepare", current, atMs: preparableAtMs(signingSinceMs, rotateEveryMs) };
  });
}

type StepOptions = KeyRotationOptions & Required<AdvanceOptions>;

async function step(plan: Plan, options: StepOptions): Promise<RotationStep> {
  if (plan.kind === "make") return make(plan.algorithm, options);
  const { algorithm } = plan.current;
  if (plan.kind === "prepare") {
    if (options.clock.nowMs() >= plan.atMs || options.force) return prepare(algorithm, options);
    return { algorithm, did: "waiting", kid: plan.current.kid, nextStepAtMs: plan.atMs };
  }
  if (options.clock.nowMs() >= plan.atMs) return promote(plan.current, plan.next, options);
  return { algorithm, did: "waiting", kid: plan.next.kid, nextStepAtMs: plan.atMs };
}

/** Makes the algorithm's first key, which signs at once. */
async function make(algorithm: TokenAlgorithm, options: StepOptions): Promise<RotationStep> {
  const made = await makeKey(algorithm, options.sealer);
  const nowMs = options.clock.nowMs();
  const key = { ...made, state: "signing", createdAtMs: nowMs, signingSinceMs: nowMs } as const;
  const nextStepAtMs = preparableAtMs(nowMs, options.rotateEveryMs);
  return done(await options.store.insertFirst(key), { algorithm, did: "made", kid: made.kid, nextStepAtMs });
}

async function prepare(algorithm: TokenAlgorithm, options: StepOptions): Promise<RotationStep> {
  const made = await makeKey(algorithm, options.sealer);
  const nowMs = options.clock.nowMs();
  const key = { ...made, state: "next", createdAtMs: nowMs } as const;
  const nextStepAtMs = nowMs + PUBLISH_AHEAD_MS;
  return done(await options.store.insertNext(key), {
    algorithm,
    did: "prepared",
    kid: made.kid,
    nextStepAtMs,
  });
}

/** The step, unless another process was first. */
function done(isFirst: boolean, taken: RotationStep): RotationStep {
  const { algorithm, nextStepAtMs } = taken;
  return isFirst ? taken : { algorithm, did: "elsewhere", nextStepAtMs };
}

async function promote(
  current: StoredSigningKey,
  next: StoredSigningKey,
  { store, auth, clock, rotateEveryMs, origin }: StepOptions,
): Promise<RotationStep> {
  const nowMs = clock.nowMs();
  const { algorithm } = current;
  const publishedBeforeMs = nowMs - PUBLISH_AHEAD_MS;
  const promotion = { from: current.kid, to: next.kid, nowMs, publishedBeforeMs };
  const first = await (auth === undefined
    ? store.promote(promotion)
    : auth.transaction(async (tx) => {
        if (!(await tx.signingKeys.promote(promotion))) return false;
        const data = { algorithm, kid: next.kid, retired: current.kid };
        await tx.audit.append({ event: "key.rotated", outcome: "success", data }, origin);
        return true;
      }));
  const nextStepAtMs = preparableAtMs(nowMs, rotateEveryMs);
  return done(first, { algorithm, did: "promoted", kid: next.kid, nextStepAtMs });
}

/** Early enough before the signing key's time is up that the next key is published first. */
function preparableAtMs(signingSinceMs: number, rotateEveryMs: number): number {
  return signingSinceMs + Math.max(0, rotateEveryMs - PUBLISH_AHEAD_MS);
}

function latestDateOf({ createdAtMs, signingSinceMs = 0, retiredAtMs = 0 }: StoredSigningKey): number {
  return Math.max(createdAtMs, signingSinceMs, retiredAtMs);
}

function removableAtMs({ state, retiredAtMs }: StoredSigningKey): number {
  return state === "retired" && retiredAtMs !== undefined ? retiredAtMs + KEEP_RETIRED_MS : Infinity;
}
