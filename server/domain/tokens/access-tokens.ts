import { randomUUID, sign, verify } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/caller.ts";
import type { Clock } from "#server/domain/clock.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** Life of an access token (contracts §3), in seconds. */
export const ACCESS_TOKEN_TTL_SECONDS = 900;
/** How far another process' clock may run ahead of ours. */
const CLOCK_SKEW_SECONDS = 30;
/** A longer string is no token of ours, and not worth parsing. */
const MAX_TOKEN_CHARS = 8192;

const ALGORITHM = "RS256";
const TOKEN_TYPE = "at+jwt";
const segment = /^[A-Za-z0-9_-]+$/;

export interface AccessTokenRequest {
  readonly userId: string;
  readonly clientId: string;
  /** Space-separated (RFC 6749 §3.3); may be empty. */
  readonly scope: string;
}

export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresInSeconds: typeof ACCESS_TOKEN_TTL_SECONDS;
}

export interface AccessTokens {
  /** Signs a JWT (RFC 9068). Synchronous on purpose: thread pool signing would queue behind password hashing. */
  issue(request: AccessTokenRequest): IssuedAccessToken;
  /** Who the token speaks for. Throws TOKEN_EXPIRED, or TOKEN_INVALID for anything else that is wrong with it. */
  verify(token: string): Promise<Caller>;
}

export interface AccessTokensOptions {
  readonly keys: SigningKeys;
  /** `iss`; compared as a string, so it must be equal to the issuer in the metadata (RFC 8414). */
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
}

export function createAccessTokens({ keys, issuer, audience, clock }: AccessTokensOptions): AccessTokens {
  const nowSeconds = () => Math.floor(clock.nowMs() / 1000);
  return {
    issue({ userId, clientId, scope }) {
      const { kid, privateKey } = keys.signing();
      const issuedAt = nowSeconds();
      const claims = {
        iss: issuer,
        sub: userId,
        aud: audience,
        exp: issuedAt + ACCESS_TOKEN_TTL_SECONDS,
        iat: issuedAt,
        nbf: issuedAt,
        jti: randomUUID(),
        client_id: clientId,
        scope,
        type: "access",
      };
      const signed = `${encode({ alg: ALGORITHM, typ: TOKEN_TYPE, kid })}.${encode(claims)}`;
      const signature = sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url");
      return { token: `${signed}.${signature}`, expiresInSeconds: ACCESS_TOKEN_TTL_SECONDS };
    },

    async verify(token) {
      const claims = verifySignature(token, keys);
      if (claims.iss !== issuer) throw invalid("another issuer");
      const { aud } = claims;
      if (aud !== audience && !(Array.isArray(aud) && aud.includes(audience)))
        throw invalid("another audience");
      checkTimes(claims, nowSeconds());
      return toCaller(claims);
    },
  };
}

type Claims = Readonly<Record<string, unknown>>;

/** RFC 7515 §5.2, with the algorithm and the key chosen by us: the header may only agree. */
function verifySignature(token: string, keys: SigningKeys): Claims {
  const { header, payload, signature } = split(token);
  const { alg, typ, kid, crit } = decode(header);
  if (alg !== ALGORITHM) throw invalid("another algorithm");
  if (typ !== TOKEN_TYPE) throw invalid("another type");
  if (crit !== undefined) throw invalid("critical extension");
  const key = typeof kid === "string" ? keys.publicKey(kid) : undefined;
  if (key === undefined) throw invalid("unknown key");
  const signatureBytes = Buffer.from(signature, "base64url");
  // One spelling per signature: base64url has spare bits at its end, which a second spelling could use.
  if (signatureBytes.toString("base64url") !== signature) throw invalid("not canonical");
  if (!verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), key, signatureBytes)) {
    throw invalid("bad signature");
  }
  return decode(payload);
}

function split(token: string): { header: string; payload: string; signature: string } {
  if (token.length > MAX_TOKEN_CHARS) throw invalid("too long");
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    throw invalid("not three parts");
  }
  if (![header, payload, signature].every((part) => segment.test(part))) throw invalid("not base64url");
  return { header, payload, signature };
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (typeof exp !== "number" || typeof nbf !== "number" || typeof iat !== "number")
    throw invalid("no times");
  if (nbf > now + CLOCK_SKEW_SECONDS || iat > now + CLOCK_SKEW_SECONDS) throw invalid("not valid yet");
  if (exp <= now) {
    throw new PipitError("TOKEN_EXPIRED", "The access token has expired. Refresh it, or sign in again.");
  }
}

function toCaller({ sub, client_id: clientId, scope, type, jti, exp }: Claims): Caller {
  if (type !== "access" || typeof jti !== "string") throw invalid("not an access token");
  if (typeof sub !== "string" || sub === "" || typeof clientId !== "string" || typeof scope !== "string") {
    throw invalid("claims missing");
  }
  return {
    userId: sub,
    clientId,
    scope: scope.split(" ").filter(Boolean),
    anonymous: false,
    // A number: checkTimes has looked.
    expiresAtMs: Number(exp) * 1000,
  };
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
    throw invalid("not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("not an object");
  return value as Claims;
}

/** One text for every defect: a forger learns nothing; the log gets the reason. */
function invalid(detail: string): PipitError {
  return new PipitError("TOKEN_INVALID", "The access token is not valid here. Sign in again.", { detail });
}
