import { createHash, timingSafeEqual } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "./caller.ts";
import type { AuthenticationMethod } from "../auth-metrics.ts";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import type { Peer } from "./peer.ts";

/** What a request shows to prove who sends it. */
export interface Credentials {
  readonly authorization: string | null | undefined;
  /** The cookie of the server's own page; only the HTTP port reads cookies. */
  readonly page?: PageCredentials | undefined;
  /** Header `X-Internal-Auth`. */
  readonly internalKey?: string | null | undefined;
  /** The call takes the code of the second factor, so it may still be owed. */
  readonly allowPendingOtp?: boolean | undefined;
}

/** The session cookie, which a browser adds by itself: also to what other pages make it send. */
export interface PageCredentials {
  readonly sessionToken: string;
  /** The browser says that the server's own page made this request; for a mere look, that no other page did. */
  readonly fromOwnPage: boolean;
}

/**
 * Establishes who calls. Throws PipitError TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID; OTP_REQUIRED for a sign-in that
 * owes a code; NOT_ALLOWED for a foreign page.
 */
export type Authenticate = (credentials: Credentials, peer: Peer) => Promise<Caller>;

export interface AuthenticateDeps {
  readonly accessTokens: { verify(token: string): Promise<Caller> };
  /** Resolves to undefined for a token that is no key. */
  readonly apiKeys: { verify(token: string): Promise<Caller | undefined> };
  /** Absent: what was signed is believed until it expires. */
  readonly guard?: Pick<TokenGuard, "check"> | undefined;
  readonly webSessions: { verify(token: string): Promise<Caller> };
  /** Account that original clients without a token act as; absent: they are refused (PIPIT_LEGACY_ANONYMOUS). */
  readonly anonymousUserId: string | undefined;
  /** What `X-Internal-Auth` must hold; absent: the header is ignored (PIPIT_INTERNAL_AUTH_KEY). */
  readonly internalKey?: string | undefined;
  /** Called for every caller that was let in. */
  readonly onAuthenticated?: ((method: AuthenticationMethod) => void) | undefined;
}

/** What the holder of the internal key is: a service with every right of one. */
const internalService: Caller = {
  userId: "internal",
  clientId: "internal",
  scope: ["api:admin", "api:read", "api:write"],
  anonymous: false,
  kind: "service",
};

/** The one place where a caller becomes known; both ports use it. A bearer token wins over a key, a key over a cookie. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const isInternalKey = createKeyCheck(deps.internalKey);
  return async (credentials, peer) => {
    const [method, caller] = await identify(credentials, peer);
    deps.onAuthenticated?.(method);
    return caller;
  };

  async function byToken(token: string, allowPendingOtp: boolean | undefined): Promise<Caller> {
    const caller = await deps.accessTokens.verify(token);
    return (await deps.guard?.check(caller, { allowPendingOtp })) ?? caller;
  }

  async function identify(
    { authorization, page, internalKey, allowPendingOtp }: Credentials,
    peer: Peer,
  ): Promise<[AuthenticationMethod, Caller]> {
    if (isGiven(authorization)) {
      const token = bearerTokenOf(authorization);
      const byKey = await deps.apiKeys.verify(token);
      return byKey === undefined ? ["bearer", await byToken(token, allowPendingOtp)] : ["api-key", byKey];
    }
    if (isInternalKey !== undefined && isGiven(internalKey)) {
      if (isInternalKey(internalKey)) return ["internal", internalService];
      throw new PipitError("TOKEN_INVALID", "The key in X-Internal-Auth is not this server's.", {
        field: "x-internal-auth",
      });
    }
    if (page !== undefined) {
      if (!page.fromOwnPage) throw foreignPage();
      return ["cookie", await deps.webSessions.verify(page.sessionToken)];
    }
    if (deps.anonymousUserId !== undefined && peer.local && !peer.page) {
      return ["anonymous", anonymous(deps.anonymousUserId)];
    }
    throw new PipitError("TOKEN_MISSING", "Sign in first: this call needs an access token.", {
      field: "authorization",
    });
  }
}

/** The refusal of a request that another page than the server's own made the browser send. */
export function foreignPage(): PipitError {
  return new PipitError(
    "NOT_ALLOWED",
    "Only the server's own page may do this; away from the server's machine it must be opened by https.",
    { field: "origin" },
  );
}

function anonymous(userId: string): Caller {
  return { userId, clientId: "legacy", scope: [], anonymous: true, kind: "user" };
}

/** True for a header that holds something. */
export function isGiven(text: string | null | undefined): text is string {
  return text !== null && text !== undefined && text !== "";
}

/**
 * Tells the holder of PIPIT_INTERNAL_AUTH_KEY; undefined where no key is set. Compares hashes, so that neither the
 * content nor the length of the key shows in the time it takes.
 */
export function createKeyCheck(key: string | undefined): ((given: string) => boolean) | undefined {
  if (!isGiven(key)) return undefined;
  const expected = sha256(key);
  return (given) => timingSafeEqual(sha256(given), expected);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Throws TOKEN_INVALID. */
export function bearerTokenOf(authorization: string): string {
  const token = /^bearer +([^\s,]+) *$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new PipitError("TOKEN_INVALID", "The authorization must read: Bearer <access token>.", {
    field: "authorization",
  });
}
