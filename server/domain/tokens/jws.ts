import { sign, verify, type KeyObject, type SignKeyObjectInput } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import type { TokenAlgorithm } from "./ports.ts";

/** A longer string is no token of ours, and not worth parsing. */
const MAX_TOKEN_CHARS = 8192;
const segment = /^[A-Za-z0-9_-]+$/;

/** Content of a token or of its header. */
export type Claims = Readonly<Record<string, unknown>>;

/** What signs. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly privateKey: KeyObject;
}
/** What verifies; a key is for one algorithm only. */
export interface VerifyingKey {
  readonly key: KeyObject;
  readonly algorithm: TokenAlgorithm;
}

/**
 * A JWS in compact form (RFC 7515 §3.1). Synchronous on purpose: signing in the thread pool would queue behind password
 * hashing (RS256 takes 1 ms, ES256 0.04 ms).
 */
export function signToken(type: string, claims: Claims, { kid, algorithm, privateKey }: SigningKey): string {
  const signed = `${encode({ alg: algorithm, typ: type, kid })}.${encode(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), keyFor(privateKey, algorithm));
  return `${signed}.${signature.toString("base64url")}`;
}

/**
 * The claims of a token whose signature is right (RFC 7515 §5.2). The key and its algorithm are chosen by us: the header
 * may only agree (RFC 8725 §3.1).
 *
 * @param keyOf the key with this id, if it may verify
 * @throws PipitError TOKEN_INVALID
 */
export async function verifyToken(
  type: string,
  token: string,
  keyOf: (kid: string) => Promise<VerifyingKey | undefined>,
): Promise<Claims> {
  const { header, payload, signature } = split(token);
  const { alg, typ, kid, crit } = decode(header);
  if (typ !== type) throw invalidToken("another type");
  if (crit !== undefined) throw invalidToken("critical extension");
  const found = typeof kid === "string" ? await keyOf(kid) : undefined;
  if (found === undefined) throw invalidToken("unknown key");
  if (alg !== found.algorithm) throw invalidToken("another algorithm");
  const bytes = Buffer.from(signature, "base64url");
  // One spelling per signature: base64url has spare bits at its end, which a second spelling could use.
  if (bytes.toString("base64url") !== signature) throw invalidToken("not canonical");
  const key = keyFor(found.key, found.algorithm);
  if (!verify("sha256", Buffer.from(`${header}.${payload}`), key, bytes)) throw invalidToken("bad signature");
  return decode(payload);
}

/**
 * JWS has the two numbers of an ECDSA signature side by side (RFC 7518 §3.4). RSA needs no setting, and Node finds out
 * what it was given several times as fast when it is the key itself.
 */
function keyFor(key: KeyObject, algorithm: TokenAlgorithm): KeyObject | SignKeyObjectInput {
  return algorithm === "RS256" ? key : { key, dsaEncoding: "ieee-p1363" };
}

/** One text for every defect: a forger learns nothing; the log gets the reason. */
export function invalidToken(detail: string): PipitError {
  return new PipitError("TOKEN_INVALID", "The access token is not valid here. Sign in again.", { detail });
}

function split(token: string): { header: string; payload: string; signature: string } {
  if (token.length > MAX_TOKEN_CHARS) throw invalidToken("too long");
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    throw invalidToken("not three parts");
  }
  if (![header, payload, signature].every((part) => segment.test(part))) throw invalidToken("not base64url");
  return { header, payload, signature };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Claims {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    // The parser's message quotes its input, which is part of a token: it must not become a cause.
    throw invalidToken("not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidToken("not an object");
  return value as Claims;
}
