import { createHash, randomUUID } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Clock } from "#contract/clock.ts";
import {
  invalidToken,
  signToken,
  verifyToken,
  type Claims,
  type SigningKey,
  type VerifyingKey,
} from "./jws.ts";
import type { AuthMethod, TokenAlgorithm } from "./ports.ts";

/** Life of an access token (docs/reference/oauth.md) unless its client has another, in seconds. */
export const ACCESS_TOKEN_TTL_SECONDS = 900;
/**
 * No access token lives longer: as long as the token of a gRPC Login, whose clients cannot refresh. A retired key stays
 * published for longer than this.
 */
export const MAX_ACCESS_TOKEN_TTL_SECONDS = 86_400;
/** Life of an ID token, in seconds; as above. */
export const ID_TOKEN_TTL_SECONDS = 3_600;
/** How far another process' clock may run ahead of ours. */
export const CLOCK_SKEW_SECONDS = 90;

/** RFC 9068 §2.1. */
const ACCESS_TOKEN_TYPE = "at+jwt";
/** Differs from that of access tokens, so that an ID token is never taken for one. */
const ID_TOKEN_TYPE = "JWT";

interface AccessTokenRequest {
  /** `sub`; of a client that speaks for itself, its client id (RFC 9068 §2.2). */
  readonly userId: string;
  readonly clientId: string;
  /** Space-separated (RFC 6749 §3.3); may be empty. */
  readonly scope: string;
  /** Default RS256. */
  readonly algorithm?: TokenAlgorithm | undefined;
  /** Default {@link ACCESS_TOKEN_TTL_SECONDS}, at most {@link MAX_ACCESS_TOKEN_TTL_SECONDS}. */
  readonly ttlSeconds?: number | undefined;
  /** Id of the refresh family; none for a client that speaks for itself. */
  readonly sessionId?: string | undefined;
  readonly authTimeMs?: number | undefined;
}

interface IdTokenRequest {
  /** The client. */
  readonly audience: string;
  readonly userId: string;
  readonly nonce?: string | undefined;
  readonly authTimeMs: number;
  readonly amr: readonly AuthMethod[];
  /** The token it comes with, for `at_hash`. */
  readonly accessToken?: string | undefined;
  readonly sessionId?: string | undefined;
  /** About the person, as far as the scope allows; cannot replace what the protocol says. */
  readonly claims?: Claims | undefined;
}

/** What tokens need of the signing keys. */
export interface TokenKeys {
  signing(algorithm: TokenAlgorithm): SigningKey;
  publicKey(kid: string): Promise<VerifyingKey | undefined>;
}

interface AccessTokensOptions {
  readonly keys: TokenKeys;
  /** `iss`; compared as a string, so it must be equal to the issuer in the metadata (RFC 8414). */
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
}

export type AccessTokens = ReturnType<typeof createAccessTokens>;

export function createAccessTokens({ keys, issuer, audience, clock }: AccessTokensOptions) {
  const nowSeconds = () => Math.floor(clock.nowMs() / 1000);
  return {
    /**
     * Signs a JWT (RFC 9068), on the event loop: see {@link signToken}.
     *
     * @returns the token, its life and its `jti`
     */
    issue({ algorithm = "RS256", ttlSeconds = ACCESS_TOKEN_TTL_SECONDS, ...request }: AccessTokenRequest) {
      const issuedAt = nowSeconds();
      const expiresInSeconds = Math.min(ttlSeconds, MAX_ACCESS_TOKEN_TTL_SECONDS);
      const tokenId = randomUUID();
      const claims = {
        iss: issuer,
        sub: request.userId,
        aud: audience,
        exp: issuedAt + expiresInSeconds,
        iat: issuedAt,
        nbf: issuedAt,
        jti: tokenId,
        client_id: request.clientId,
        scope: request.scope,
        type: "access",
        // JSON leaves out what is undefined.
        sid: request.sessionId,
        auth_time: toSeconds(request.authTimeMs),
      };
      const token = signToken(ACCESS_TOKEN_TYPE, claims, keys.signing(algorithm));
      return { token, expiresInSeconds, tokenId };
    },

    /**
     * Who the token speaks for, by its signature, claims and times alone; whether its session still lives is the guard's
     * affair. Throws TOKEN_EXPIRED, or TOKEN_INVALID for anything else that is wrong with it.
     */
    async verify(token: string): Promise<Caller> {
      const claims = await verifyToken(ACCESS_TOKEN_TYPE, token, (kid) => keys.publicKey(kid));
      if (claims["iss"] !== issuer) throw invalidToken("another issuer");
      const { aud } = claims;
      if (aud !== audience && !(Array.isArray(aud) && aud.includes(audience)))
        throw invalidToken("another audience");
      checkTimes(claims, nowSeconds());
      return toCaller(claims);
    },

    /** Signs an ID token (OpenID Connect Core §2) by RS256. */
    signIdToken({ accessToken, ...request }: IdTokenRequest): string {
      const issuedAt = nowSeconds();
      const idClaims = {
        ...request.claims,
        iss: issuer,
        sub: request.userId,
        aud: request.audience,
        exp: issuedAt + ID_TOKEN_TTL_SECONDS,
        iat: issuedAt,
        auth_time: toSeconds(request.authTimeMs),
        nonce: request.nonce,
        at_hash: accessToken === undefined ? undefined : halfHash(accessToken),
        amr: request.amr,
        sid: request.sessionId,
      };
      return signToken(ID_TOKEN_TYPE, idClaims, keys.signing("RS256"));
    },
  };
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (typeof exp !== "number" || typeof nbf !== "number" || typeof iat !== "number")
    throw invalidToken("no times");
  if (nbf > now + CLOCK_SKEW_SECONDS || iat > now + CLOCK_SKEW_SECONDS) throw invalidToken("not valid yet");
  if (exp <= now) {
    throw new PipitError("TOKEN_EXPIRED", "The access token has expired. Refresh it, or sign in again.");
  }
}

function toCaller(claims: Claims): Caller {
  const { sub, client_id: clientId, scope, type, jti, exp } = claims;
  if (type !== "access" || typeof jti !== "string") throw invalidToken("not an access token");
  if (typeof sub !== "string" || sub === "" || typeof clientId !== "string" || typeof scope !== "string") {
    throw invalidToken("claims missing");
  }
  return {
    userId: sub,
    clientId,
    scope: scope.split(" ").filter(Boolean),
    anonymous: false,
    // No account has the id of a client: clients.ts sees to it.
    kind: sub === clientId ? "service" : "user",
    // A number: checkTimes has looked.
    expiresAtMs: Number(exp) * 1000,
    tokenId: jti,
    ...sessionOf(claims),
  };
}

function sessionOf({ sid, auth_time: authTime }: Claims): Pick<Caller, "sessionId" | "authTimeMs"> {
  if (sid !== undefined && (typeof sid !== "string" || sid === "")) throw invalidToken("no session id");
  if (authTime !== undefined && typeof authTime !== "number") throw invalidToken("no time of sign-in");
  return {
    ...(sid === undefined ? {} : { sessionId: sid }),
    ...(authTime === undefined ? {} : { authTimeMs: authTime * 1000 }),
  };
}

/** OpenID Connect Core §3.1.3.6: the left half of the hash that belongs to the algorithm; both of ours have SHA-256. */
function halfHash(token: string): string {
  return createHash("sha256").update(token, "ascii").digest().subarray(0, 16).toString("base64url");
}

function toSeconds(timeMs: number | undefined): number | undefined {
  return timeMs === undefined ? undefined : Math.floor(timeMs / 1000);
}
