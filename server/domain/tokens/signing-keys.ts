import { PipitError } from "#contract/pipit-error.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { Sealer } from "#server/domain/secrets/sealer.ts";
import { openKey, privateJwkOf, type KeyPair, type PrivateJwk, type PublicJwk } from "./key-pairs.ts";
import {
  createKeyRotation,
  ROTATE_EVERY_MS,
  type AdvanceOptions,
  type RotationStep,
} from "./key-rotation.ts";
import type { VerifyingKey } from "./jws.ts";
import { sealerFor, type MasterKey } from "../master-key/master-key.ts";
import type { SigningKeyStore, StoredSigningKey, TokenAlgorithm } from "./ports.ts";

/** Purpose of the key that seals private halves: see {@link MasterKey.derive}. */
/** What other processes did to the keys is seen at most this late. */
const RELOAD_AFTER_MS = 5_000;
/** A token with an unknown key makes the database be asked again, at most this often. */
const UNKNOWN_KEY_RELOAD_MS = 1_000;
/** While the database does not answer, the known keys are good for this long: no key signs before it was published longer. */
const MAX_BLIND_MS = 60 * 60 * 1000;

/**
 * The server's keys. Changes of other processes are noticed when the keys are used (at most every 5 s), and steps of the
 * rotation that are due are taken then: there is no timer.
 */
export type SigningKeys = Awaited<ReturnType<typeof createSigningKeys>>;

interface SigningKeysOptions {
  readonly store: SigningKeyStore;
  /** Audits promotions in their transaction. */
  readonly auth?: Pick<AuthStore, "transaction"> | undefined;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  /** False while the clock cannot be believed; default: it can. The first keys are made all the same. */
  readonly mayRotate?: () => boolean;
  readonly logger?: Logger | undefined;
  /** Default 90 days. */
  readonly rotateEveryMs?: number | undefined;
}

/**
 * Loads the server's keys, or makes the first ones (RS256-2048 and ES256); processes that start at once end with the
 * same ones. Throws CONFIG_INVALID when a stored key was sealed with another master key.
 */
export async function createSigningKeys({
  store,
  auth,
  masterKey,
  clock,
  mayRotate = () => true,
  logger,
  rotateEveryMs = ROTATE_EVERY_MS,
}: SigningKeysOptions) {
  const sealer = createKeySealer(masterKey);
  const rotation = createKeyRotation({ store, auth, sealer, clock, rotateEveryMs });

  const load = async (last: View | undefined): Promise<View> => {
    const lookedAtMs = clock.nowMs();
    let stored = await store.list();
    if ((mayRotate() || stored.length === 0) && rotation.isDue(stored)) {
      await rotation.advance().catch((reason: unknown) => {
        // What signs goes on signing; the next look tries again.
        if (last === undefined) throw reason;
        logger?.warn("keys.rotation_failed", { error: reason });
      });
      stored = await store.list();
    }
    return toView(stored, lookedAtMs, last, (key) => openKey(key, sealer));
  };

  let view = await load(undefined);
  let loading: Promise<void> | undefined;
  const isYounger = (ageMs: number) => Math.abs(clock.nowMs() - view.lookedAtMs) < ageMs;
  const reload = (): Promise<void> =>
    (loading ??= load(view)
      .then((loaded) => {
        view = loaded;
      })
      .finally(() => {
        loading = undefined;
      }));
  const fresh = async (): Promise<void> => {
    if (isYounger(RELOAD_AFTER_MS)) return;
    try {
      await reload();
    } catch (reason) {
      if (!isYounger(MAX_BLIND_MS)) throw reason;
      logger?.warn("keys.reload_failed", { error: reason });
    }
  };
  const known = (kid: string): VerifyingKey | undefined => {
    const pair = view.pairs.get(kid);
    return pair === undefined ? undefined : { key: pair.publicKey, algorithm: pair.algorithm };
  };

  return {
    /** Body of `/.well-known/jwks.json`: every key but removed ones. */
    async jwks(): Promise<Jwks> {
      await fresh();
      return view.jwks;
    },
    /**
     * The key that signs now. It answers from memory, so a caller that seldom issues tokens calls `fresh` first. Default
     * RS256.
     */
    signing(algorithm: TokenAlgorithm = "RS256"): KeyPair {
      if (!isYounger(RELOAD_AFTER_MS)) {
        fresh().catch((reason: unknown) => logger?.warn("keys.reload_failed", { error: reason }));
      }
      return signingKeyOf(view, algorithm);
    },
    async publicKey(kid: string): Promise<VerifyingKey | undefined> {
      await fresh();
      const found = known(kid);
      if (found !== undefined) return found;
      // A look that is under way may have begun before the key was there, but then the key cannot sign yet.
      if (loading !== undefined || !isYounger(UNKNOWN_KEY_RELOAD_MS)) await reload();
      return known(kid);
    },
    /** Whole keys for a library that signs by itself, signing ones first; `generation` changes whenever they do. */
    privateJwks: () => view.privateJwks(),

    /** Looks into the database if the last look is older than 5 s. */
    fresh,

    /** Looks into the database now; those who ask at once share one look. */
    reload,

    /** Takes the steps of the rotation that are due; see {@link createKeyRotation}. */
    async rotate(options?: AdvanceOptions): Promise<readonly RotationStep[]> {
      const steps = await rotation.advance(options);
      // A load that was under way may have read the keys before this step.
      await loading?.catch(() => undefined);
      await reload();
      return steps;
    },
  };
}

/** Seals private keys for the database. */
export function createKeySealer(masterKey: MasterKey): Sealer {
  return sealerFor(masterKey, "signing-key-seal");
}

interface Jwks {
  readonly keys: readonly PublicJwk[];
}

interface PrivateJwks {
  readonly generation: number;
  readonly keys: readonly PrivateJwk[];
}

/** The keys as they were at one look. */
interface View {
  readonly lookedAtMs: number;
  /** Tells whether anything has changed. */
  readonly fingerprint: string;
  readonly pairs: ReadonlyMap<string, KeyPair>;
  readonly signing: ReadonlyMap<TokenAlgorithm, KeyPair>;
  readonly jwks: Jwks;
  readonly generation: number;
  readonly privateJwks: () => PrivateJwks;
}

function toView(
  stored: readonly StoredSigningKey[],
  lookedAtMs: number,
  last: View | undefined,
  open: (key: StoredSigningKey) => KeyPair,
): View {
  const fingerprint = stored.map(({ kid, state }) => `${kid} ${state}`).join("\n");
  if (last !== undefined && last.fingerprint === fingerprint) return { ...last, lookedAtMs };
  const pairs = new Map(stored.map((key) => [key.kid, last?.pairs.get(key.kid) ?? open(key)]));
  const inOrder = stored.toSorted((a, b) => rank(a) - rank(b)).flatMap(({ kid }) => pairs.get(kid) ?? []);
  const signing = new Map<TokenAlgorithm, KeyPair>();
  for (const { kid, algorithm, state } of stored) {
    const pair = pairs.get(kid);
    if (state === "signing" && pair !== undefined) signing.set(algorithm, pair);
  }
  const generation = (last?.generation ?? 0) + 1;
  let whole: PrivateJwks | undefined;
  const view: View = {
    lookedAtMs,
    fingerprint,
    pairs,
    signing,
    jwks: { keys: inOrder.map((pair) => pair.publicJwk) },
    generation,
    privateJwks: () => (whole ??= { generation, keys: inOrder.map(privateJwkOf) }),
  };
  signingKeyOf(view, "RS256");
  return view;
}

/** Signing keys first, RS256 before ES256: libraries take the first that fits. */
function rank({ state, algorithm }: StoredSigningKey): number {
  return (state === "signing" ? 0 : 2) + (algorithm === "RS256" ? 0 : 1);
}

function signingKeyOf(view: View, algorithm: TokenAlgorithm): KeyPair {
  const found = view.signing.get(algorithm);
  if (found !== undefined) return found;
  throw new PipitError("INTERNAL", "The server has no key to sign tokens with.", { detail: algorithm });
}
