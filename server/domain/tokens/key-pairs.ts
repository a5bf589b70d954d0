import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Sealer } from "#server/domain/secrets/sealer.ts";
import type { StoredSigningKey, TokenAlgorithm } from "./ports.ts";

const RSA_BITS = 2048;
/** RFC 7518 §3.4: ES256 is ECDSA on this curve. */
const CURVE = "P-256";

/** The members of a public key that make it the key it is, in the order of RFC 7638 §3.2. */
type PublicMembers =
  | { readonly e: string; readonly kty: "RSA"; readonly n: string }
  | { readonly crv: typeof CURVE; readonly kty: "EC"; readonly x: string; readonly y: string };

interface JwkPurpose {
  readonly kid: string;
  readonly alg: TokenAlgorithm;
  readonly use: "sig";
}

/** A public key as JWKS shows it (RFC 7517): no private member. */
export type PublicJwk = PublicMembers & JwkPurpose;
/** A whole key for a library that signs by itself; it must never leave the process. */
export type PrivateJwk = JsonWebKey & JwkPurpose;

/** A stored key, ready for use. */
export interface KeyPair {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Makes a key: RSA of 2048 bits or P-256. Off the event loop. */
export async function makeKey(
  algorithm: TokenAlgorithm,
  sealer: Sealer,
): Promise<Omit<StoredSigningKey, "state" | "createdAtMs">> {
  const { publicKey, privateKey } =
    algorithm === "RS256"
      ? await promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS })
      : await promisify(generateKeyPair)("ec", { namedCurve: CURVE });
  const members = publicMembersOf(publicKey.export({ format: "jwk" }));
  if (members === undefined) throw new PipitError("INTERNAL", "The server could not make a signing key.");
  const kid = thumbprint(members);
  return {
    kid,
    algorithm,
    publicJwk: JSON.stringify(members),
    sealedPrivateKey: sealer.seal(privateKey.export({ format: "der", type: "pkcs8" }), kid),
  };
}

/**
 * Reads a stored key.
 *
 * @throws PipitError STORAGE_CORRUPT (damaged, or the halves do not belong together), CONFIG_INVALID (another master key)
 */
export function openKey(stored: StoredSigningKey, sealer: Sealer): KeyPair {
  const publicJwk = publicJwkOf(stored);
  const privateKey = openPrivateKey(stored, sealer);
  const publicKey = createPublicKey({ key: { ...publicJwk }, format: "jwk" });
  if (!createPublicKey(privateKey).equals(publicKey)) throw damaged(`halves of ${stored.kid}`);
  return { kid: stored.kid, algorithm: stored.algorithm, publicJwk, publicKey, privateKey };
}

/** The whole key (RFC 7517). */
export function privateJwkOf({ kid, algorithm, privateKey }: KeyPair): PrivateJwk {
  return { ...privateKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" };
}

/** RFC 7638 §3: SHA-256 of the required members in lexicographic order, without spaces. */
function thumbprint(members: PublicMembers): string {
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}

function publicJwkOf({ kid, algorithm, publicJwk }: StoredSigningKey): PublicJwk {
  const members = publicMembersOf(parseJson(publicJwk));
  const kty = algorithm === "RS256" ? "RSA" : "EC";
  if (members?.kty === kty && thumbprint(members) === kid)
    return { ...members, kid, alg: algorithm, use: "sig" };
  throw damaged(`public half of ${kid}`);
}

function publicMembersOf(value: unknown): PublicMembers | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kty, n, e, crv, x, y } = value as Readonly<Record<string, unknown>>;
  if (kty === "RSA" && typeof n === "string" && typeof e === "string") return { e, kty, n };
  if (kty === "EC" && crv === CURVE && typeof x === "string" && typeof y === "string") {
    return { crv, kty, x, y };
  }
  return undefined;
}

function openPrivateKey({ kid, sealedPrivateKey }: StoredSigningKey, sealer: Sealer): KeyObject {
  try {
    return createPrivateKey({ key: sealer.open(sealedPrivateKey, kid), format: "der", type: "pkcs8" });
  } catch (cause) {
    throw new PipitError(
      "CONFIG_INVALID",
      "The server's signing key was sealed with another master key, or is damaged. Restore the master-key file (or the " +
        'configured master key) that belongs to this database. If it is lost: "pipit admin master-key abandon" says ' +
        "what is lost with it, and goes on with a new one.",
      { cause, detail: `signing key ${kid}` },
    );
  }
}

function damaged(detail: string): PipitError {
  return new PipitError(
    "STORAGE_CORRUPT",
    "A signing key in the database is damaged. Restore a backup of it.",
    { detail },
  );
}
