import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/caller.ts";
import type { Peer } from "./peer.ts";

/** Establishes who calls, from the `authorization` header. Throws PipitError TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID. */
export type Authenticate = (authorization: string | null | undefined, peer: Peer) => Promise<Caller>;

export interface AuthenticateDeps {
  readonly accessTokens: { verify(token: string): Promise<Caller> };
  /** Account that original clients without a token act as; absent: they are refused (PIPIT_LEGACY_ANONYMOUS). */
  readonly anonymousUserId: string | undefined;
}

/** The one place where a caller becomes known; both ports use it. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return async (authorization, peer) => {
    if (authorization === null || authorization === undefined || authorization === "") {
      if (deps.anonymousUserId !== undefined && peer.local && !peer.page) {
        return { userId: deps.anonymousUserId, clientId: "legacy", scope: [], anonymous: true };
      }
      throw new PipitError("TOKEN_MISSING", "Sign in first: this call needs an access token.", {
        field: "authorization",
      });
    }
    const token = /^bearer +([^\s,]+) *$/i.exec(authorization)?.[1];
    if (token === undefined) {
      throw new PipitError("TOKEN_INVALID", "The authorization must read: Bearer <access token>.", {
        field: "authorization",
      });
    }
    return deps.accessTokens.verify(token);
  };
}
