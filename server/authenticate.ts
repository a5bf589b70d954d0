import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/caller.ts";
import type { Peer } from "./peer.ts";

/** What a request shows to prove who sends it. */
export interface Credentials {
  readonly authorization: string | null | undefined;
  /** Of the server's own page; only the HTTP port reads cookies. */
  readonly page?: PageCredentials | undefined;
}

/** The session cookie, which a browser adds by itself: also to what other pages make it send. */
export interface PageCredentials {
  readonly sessionToken: string;
  /** The browser says that the server's own page made this request; for a mere look, that no other page did. */
  readonly fromOwnPage: boolean;
}

/** Establishes who calls. Throws PipitError TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID; NOT_ALLOWED for a foreign page. */
export type Authenticate = (credentials: Credentials, peer: Peer) => Promise<Caller>;

export interface AuthenticateDeps {
  readonly accessTokens: { verify(token: string): Promise<Caller> };
  readonly webSessions: { verify(token: string): Promise<Caller> };
  /** Account that original clients without a token act as; absent: they are refused (PIPIT_LEGACY_ANONYMOUS). */
  readonly anonymousUserId: string | undefined;
}

/** The one place where a caller becomes known; both ports use it. A bearer token wins over a cookie. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return async ({ authorization, page }, peer) => {
    if (authorization !== null && authorization !== undefined && authorization !== "") {
      return deps.accessTokens.verify(bearerTokenOf(authorization));
    }
    if (page !== undefined) {
      if (!page.fromOwnPage) throw foreignPage();
      return deps.webSessions.verify(page.sessionToken);
    }
    if (deps.anonymousUserId !== undefined && peer.local && !peer.page) {
      return { userId: deps.anonymousUserId, clientId: "legacy", scope: [], anonymous: true };
    }
    throw new PipitError("TOKEN_MISSING", "Sign in first: this call needs an access token.", {
      field: "authorization",
    });
  };
}

/** The refusal of a request that another page than the server's own made the browser send. */
export function foreignPage(): PipitError {
  return new PipitError(
    "NOT_ALLOWED",
    "Only the server's own page may do this; away from the server's machine it must be opened by https.",
    { field: "origin" },
  );
}

function bearerTokenOf(authorization: string): string {
  const token = /^bearer +([^\s,]+) *$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new PipitError("TOKEN_INVALID", "The authorization must read: Bearer <access token>.", {
    field: "authorization",
  });
}
