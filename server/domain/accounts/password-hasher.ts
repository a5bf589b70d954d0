import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type * as Argon2 from "@node-rs/argon2";
import type { Logger } from "#contract/logger.ts";
import { createWorkQueue } from "./work-queue.ts";

/** OWASP's argon2id: 19 MiB, two passes; about 20 ms of one core. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const DIGEST_BYTES = 32;
const SALT_BYTES = 16;
/** Numbers of `Algorithm.Argon2id` and `Version.V0x13`: the package exports them as const enums, which Node cannot strip. */
const ARGON2ID = 2;
const VERSION_13 = 1;

/** At 20 ms each, the last of them waits about half a second on a quiet machine, a second on a busy one. */
const QUEUED_PER_WORKER = 20;
const RETRY_AFTER_MS = 1000;

/** Dearer hashes did not come from any sane system; checking one would hold all others up. */
const MAX_MEMORY_KIB = 262_144;
const MAX_PASSES = 16;
const MAX_BCRYPT_COST = 15;
/** Longer ones are no password of ours (see password-rules.ts) and not worth hashing. */
const MAX_PASSWORD_UNITS = 1024;

/** Before a hash that was made with the pepper, so that one made without is told apart when a pepper is introduced. */
const PEPPER_MARK = "{pepper}";

interface PasswordHasherOptions {
  /** Passwords hashed at once; default: as many as there are cores. */
  readonly concurrency?: number;
  /** Passwords that wait; default 20 for each that is hashed at once. */
  readonly maxQueued?: number;
  /** Mixed into every new hash and kept outside the database; older hashes without it stay good and are renewed. */
  readonly pepper?: Buffer;
  /** Told of stored hashes that cannot be checked; never of the hash. */
  readonly logger?: Pick<Logger, "warn">;
}

/**
 * Hashes passwords off the main thread, some at a time. Throws SERVER_BUSY with `retryAfterMs` when too many wait, and
 * the reason of a signal that is aborted while one waits.
 */
export type PasswordHasher = ReturnType<typeof createPasswordHasher>;

export function createPasswordHasher(options: PasswordHasherOptions = {}) {
  const { concurrency = availableParallelism(), pepper, logger } = options;
  const { maxQueued = QUEUED_PER_WORKER * concurrency } = options;
  const queue = createWorkQueue({ concurrency, maxQueued, retryAfterMs: RETRY_AFTER_MS });
  const dummy = dummyHash();
  const withPepper = pepper === undefined ? {} : { secret: pepper };

  let loading: Promise<Library> | undefined;
  const load = (): Promise<Library> => (loading ??= loadLibrary());

  /** `counts` is false for a check that only takes the time of one. */
  const plan = ({ argon2, bcrypt }: Library, stored: string | undefined, password: string) => {
    const known = stored === undefined ? undefined : readHash(argon2, stored, pepper);
    if (stored !== undefined && known === undefined) logger?.warn("auth.password_hash_unreadable");
    if (known === undefined || password.length > MAX_PASSWORD_UNITS) {
      const text = password.slice(0, MAX_PASSWORD_UNITS).normalize("NFC");
      return { run: () => argon2.verify(dummy, text, withPepper), counts: false, rehash: false };
    }
    if (known.kind === "argon2") {
      const secret = known.peppered ? withPepper : {};
      const run = () => argon2.verify(known.hash, password.normalize("NFC"), secret);
      return { run, counts: true, rehash: known.isOld };
    }
    // As it was typed: the older system knew no NFC. bcrypt sees 72 bytes only, so a longer password matches by its
    // beginning, as in the system that made the hash, and is then hashed anew in full.
    return { run: () => bcrypt.verify(password, known.hash), counts: true, rehash: true };
  };

  return {
    /** Argon2id as a PHC string, of the password in NFC. */
    async hash(password: string, signal?: AbortSignal): Promise<string> {
      const made = await queue.run(async () => {
        const { argon2 } = await load();
        return argon2.hash(password.normalize("NFC"), { ...argon2Options, ...withPepper });
      }, signal);
      return pepper === undefined ? made : PEPPER_MARK + made;
    },

    /**
     * Argon2, or bcrypt ($2a$, $2b$, $2y$) of an older system. For `undefined`, and for a stored hash that cannot be read,
     * the same work is done for nothing, so that the time does not tell whether there is such an account.
     *
     * @returns `rehash`: the password is right and its hash is not what `hash` makes today, so store a new one
     */
    verify(stored: string | undefined, password: string, signal?: AbortSignal) {
      return queue.run(async () => {
        const { run, counts, rehash } = plan(await load(), stored, password);
        // A failure's message may quote the hash.
        const isSame = await run().catch(() => {
          logger?.warn("auth.password_hash_unreadable");
          return false;
        });
        const ok = isSame && counts;
        return { ok, rehash: ok && rehash };
      }, signal);
    },

    /** How many passwords wait for their turn. */
    queued: queue.queued,
  };
}

type Library = Awaited<ReturnType<typeof loadLibrary>>;

/** Native code that only the first password needs, not the start. */
async function loadLibrary() {
  const [argon2, bcrypt] = await Promise.all([import("@node-rs/argon2"), import("@node-rs/bcrypt")]);
  return { argon2, bcrypt };
}

const argon2Options = {
  algorithm: ARGON2ID,
  version: VERSION_13,
  memoryCost: MEMORY_KIB,
  timeCost: PASSES,
  parallelism: LANES,
  outputLen: DIGEST_BYTES,
} as const;

type KnownHash =
  | { readonly kind: "argon2"; readonly hash: string; readonly peppered: boolean; readonly isOld: boolean }
  | { readonly kind: "bcrypt"; readonly hash: string };

/** Undefined for what cannot or must not be checked. */
function readHash(
  argon2: Library["argon2"],
  stored: string,
  pepper: Buffer | undefined,
): KnownHash | undefined {
  const peppered = stored.startsWith(PEPPER_MARK);
  const hash = peppered ? stored.slice(PEPPER_MARK.length) : stored;
  try {
    if (/^\$2[aby]\$/.test(hash)) {
      const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1];
      return cost !== undefined && Number(cost) <= MAX_BCRYPT_COST ? { kind: "bcrypt", hash } : undefined;
    }
    const made = argon2.parseOptions(hash);
    if (made.memoryCost > MAX_MEMORY_KIB || made.timeCost > MAX_PASSES) return undefined;
    if (peppered && pepper === undefined) return undefined;
    return { kind: "argon2", hash, peppered, isOld: peppered !== (pepper !== undefined) || isWeak(made) };
  } catch {
    return undefined;
  }
}

function isWeak(made: Argon2.ParsedHashOptions): boolean {
  return (
    Number(made.algorithm) !== ARGON2ID ||
    Number(made.version) !== VERSION_13 ||
    made.memoryCost < MEMORY_KIB ||
    made.timeCost < PASSES ||
    made.outputLen < DIGEST_BYTES ||
    made.saltLen < SALT_BYTES
  );
}

/** A hash of no password: to check one against it takes as long as any, and none is known to fit. */
function dummyHash(): string {
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${noise(SALT_BYTES)}$${noise(DIGEST_BYTES)}`;
}

/** In base64 without padding, as PHC strings have it. */
function noise(bytes: number): string {
  return randomBytes(bytes).toString("base64").replace(/=+$/, "");
}
