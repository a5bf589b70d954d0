import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#server/domain/clock.ts";
import type { MasterKey } from "./master-key.ts";
import type { SigningKeyStore, StoredSigningKey } from "./ports.ts";

const RSA_BITS = 2048;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A public key as JWKS shows it (RFC 7517): no private member. */
export interface PublicJwk {
  readonly kty: "RSA";
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly alg: "RS256";
  readonly use: "sig";
}

export interface SigningKeys {
  /** Body of `/.well-known/jwks.json`. */
  jwks(): { readonly keys: readonly PublicJwk[] };
  /** The key that signs now. */
  signing(): { readonly kid: string; readonly privateKey: KeyObject };
  /** Key that verifies tokens with this `kid`. */
  publicKey(kid: string): KeyObject | undefined;
}

export interface SigningKeysOptions {
  readonly store: SigningKeyStore;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
}

/**
 * Loads the server's keys, or makes the first RS256-2048 key; processes that start at once end with the same one.
 * Throws CONFIG_INVALID when the stored key was sealed with another master key.
 */
export async function createSigningKeys({
  store,
  masterKey,
  clock,
}: SigningKeysOptions): Promise<SigningKeys> {
  const sealKey = masterKey.derive("signing-key-seal");
  let stored = rsaKeys(await store.list());
  if (!stored.some((key) => key.state === "signing")) {
    await store.insertFirst(await makeKey(sealKey, clock.nowMs()));
    stored = rsaKeys(await store.list());
  }
  const current = stored.find((key) => key.state === "signing");
  if (current === undefined) throw new PipitError("INTERNAL", "The server has no key to sign tokens with.");
  const jwks = { keys: stored.map(publicJwkOf) };
  const signing = { kid: current.kid, privateKey: openSealed(current, sealKey) };
  const publicKeys = new Map(
    jwks.keys.map((jwk) => [
      jwk.kid,
      createPublicKey({ key: { kty: jwk.kty, n: jwk.n, e: jwk.e }, format: "jwk" }),
    ]),
  );
  return {
    jwks: () => jwks,
    signing: () => signing,
    publicKey: (kid) => publicKeys.get(kid),
  };
}

function rsaKeys(keys: readonly StoredSigningKey[]): readonly StoredSigningKey[] {
  return keys.filter((key) => key.algorithm === "RS256");
}

async function makeKey(sealKey: Buffer, nowMs: number): Promise<StoredSigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS });
  const jwk = publicKey.export({ format: "jwk" });
  const kid = thumbprint(jwk);
  return {
    kid,
    algorithm: "RS256",
    publicJwk: JSON.stringify({ kty: jwk.kty, n: jwk.n, e: jwk.e }),
    sealedPrivateKey: seal(privateKey.export({ format: "der", type: "pkcs8" }), sealKey, kid),
    state: "signing",
    createdAtMs: nowMs,
  };
}

/** RFC 7638 §3: SHA-256 of the required members in lexicographic order, without spaces. */
function thumbprint({ e, kty, n }: JsonWebKey): string {
  return createHash("sha256").update(JSON.stringify({ e, kty, n })).digest("base64url");
}

function publicJwkOf(key: StoredSigningKey): PublicJwk {
  const parsed = parseJson(key.publicJwk);
  if (isRsaPublicJwk(parsed) && thumbprint(parsed) === key.kid) {
    return { kty: "RSA", n: parsed.n, e: parsed.e, kid: key.kid, alg: "RS256", use: "sig" };
  }
  throw new PipitError(
    "STORAGE_CORRUPT",
    "A signing key in the database is damaged. Restore a backup of it.",
    {
      detail: `public half of ${key.kid}`,
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRsaPublicJwk(value: unknown): value is { kty: "RSA"; n: string; e: string } {
  if (typeof value !== "object" || value === null) return false;
  const { kty, n, e } = value as Readonly<Record<string, unknown>>;
  return kty === "RSA" && typeof n === "string" && typeof e === "string";
}

/** AES-256-GCM with the key id as associated data: a sealed key cannot be moved under another id. */
function seal(plain: Buffer, key: Buffer, kid: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(kid));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

function openSealed(stored: StoredSigningKey, key: Buffer): KeyObject {
  const sealed = Buffer.from(stored.sealedPrivateKey, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(stored.kid))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    const der = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } catch (cause) {
    throw new PipitError(
      "CONFIG_INVALID",
      "The server's signing key was sealed with another master key. Restore the master-key file (or the configured " +
        "master key) that belongs to this database. If it is lost, delete the rows of the table signing_keys: clients " +
        "then renew their access tokens, and nothing else is lost.",
      { cause, detail: `signing key ${stored.kid}` },
    );
  }
}
