import type { FastifyRequest } from "fastify";
import type { Account } from "#server/domain/accounts/ports.ts";
import type { BootstrapSecret } from "#server/domain/tokens/bootstrap-secret.ts";
import type { IssuedRefreshToken, RefreshTokens } from "#server/domain/tokens/refresh-tokens.ts";
import type { Logger } from "#server/domain/logger.ts";
import { peerOf } from "#server/peer.ts";
import { OAuthError } from "./oauth-error.ts";
import type { TokenRequest } from "./token-request.ts";

/** What a sign-in may do when it asks for nothing less. */
export const FULL_SCOPE = "api:read api:write";

/** Outcome of a grant: who, for what, and the refresh token that continues it. */
export interface Granted extends IssuedRefreshToken {
  readonly account: Account;
  readonly scope: string;
}
/** One way to get tokens. Throws OAuthError. */
export type Grant = (token: TokenRequest, request: FastifyRequest) => Promise<Granted>;

export interface GrantDeps {
  readonly bootstrapSecret: BootstrapSecret;
  readonly localAccount: () => Promise<Account>;
  readonly findAccount: (id: string) => Promise<Account | undefined>;
  readonly refreshTokens: RefreshTokens;
  readonly logger: Logger;
}

/**
 * The one-time secret of this server's data folder, from this very machine: whoever can read it is the person who runs
 * the server.
 */
export function createLocalGrant(deps: GrantDeps): Grant {
  return async (token, request) => {
    if (!peerOf(request.raw).local) {
      throw new OAuthError(
        "unauthorized_client",
        "This grant is only for clients on the server's own machine.",
      );
    }
    const secret = token.get("secret");
    if (secret === undefined) throw new OAuthError("invalid_request", "secret is missing.");
    const scope = narrowScope(token.get("scope"));
    // Before the secret is used up: a switched-off account must not cost it.
    const account = await deps.localAccount();
    if (!(await deps.bootstrapSecret.redeem(secret))) {
      deps.logger.warn("oauth.local_refused", { clientId: token.clientId });
      throw new OAuthError("invalid_grant", "The secret is wrong or was used before. Read the file again.");
    }
    deps.logger.info("oauth.signed_in", { userId: account.id, clientId: token.clientId, grant: "local" });
    return {
      account,
      scope,
      ...(await deps.refreshTokens.issue({ userId: account.id, clientId: token.clientId, scope })),
    };
  };
}

/** RFC 6749 §6, with rotation and reuse detection (RFC 9700 §4.14). */
export function createRefreshGrant(deps: GrantDeps): Grant {
  return async (token) => {
    const refreshToken = token.get("refresh_token");
    if (refreshToken === undefined) throw new OAuthError("invalid_request", "refresh_token is missing.");
    const outcome = await deps.refreshTokens.rotate({
      refreshToken,
      clientId: token.clientId,
      scope: token.get("scope"),
    });
    if (outcome.kind === "refused") {
      const { reason, familyId } = outcome;
      deps.logger.warn("oauth.refresh_refused", { clientId: token.clientId, reason, familyId });
      throw new OAuthError(
        outcome.error,
        outcome.error === "invalid_scope"
          ? "The sign-in was for less than this scope."
          : "The refresh token is not valid any more. Sign in again.",
      );
    }
    const account = await deps.findAccount(outcome.userId);
    if (account === undefined || !account.active) {
      await deps.refreshTokens.revoke({ refreshToken: outcome.refreshToken, clientId: token.clientId });
      throw new OAuthError("invalid_grant", "The account is switched off.");
    }
    return { ...outcome, account };
  };
}

function narrowScope(asked: string | undefined): string {
  if (asked === undefined) return FULL_SCOPE;
  const known = new Set(FULL_SCOPE.split(" "));
  const wanted = [...new Set(asked.split(" ").filter(Boolean))];
  if (wanted.length === 0 || !wanted.every((scope) => known.has(scope))) {
    throw new OAuthError("invalid_scope", `Possible scopes are: ${FULL_SCOPE}.`);
  }
  return wanted.join(" ");
}
