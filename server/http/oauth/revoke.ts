import { PipitError } from "#contract/pipit-error.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Clock } from "#contract/clock.ts";
import type { AccessTokens } from "#server/domain/tokens/access-tokens.ts";
import { isRefreshToken } from "#server/domain/tokens/refresh-tokens.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import { originOf } from "../kit/origin.ts";
import type { Route } from "../kit/route.ts";
import type { AuthenticateClient } from "./kit/client-authentication.ts";
import { oauthHandler } from "./kit/oauth-answer.ts";
import { readForm } from "./kit/oauth-form.ts";

export interface RevokeRouteDeps {
  readonly authenticateClient: AuthenticateClient;
  readonly accessTokens: Pick<AccessTokens, "verify">;
  readonly sessions: Pick<Sessions, "revokeByRefreshToken">;
  readonly auth: AuthStore;
  readonly guard: Pick<TokenGuard, "forget">;
  readonly clock: Clock;
}

/**
 * `POST /oauth/revoke` (RFC 7009). A refresh token ends its session, and with it all its access tokens; an access token
 * ends alone. Whatever else is sent, also another client's token, changes nothing and is 200: it is not good here.
 */
export function revokeRoute(deps: RevokeRouteDeps): Route {
  return {
    method: "POST",
    path: "/oauth/revoke",
    handler: oauthHandler(async (request, reply) => {
      const form = readForm(request);
      const { clientId } = await deps.authenticateClient(request, form);
      const token = form.need("token");
      const origin = originOf(request);
      // `token_type_hint` is no news: the two kinds cannot be mistaken for each other.
      if (isRefreshToken(token)) {
        await deps.sessions.revokeByRefreshToken({ refreshToken: token, clientId }, origin);
      } else {
        await revokeAccessToken(deps, { token, clientId }, origin);
      }
      return reply.code(200).send();
    }),
  };
}

async function revokeAccessToken(
  { accessTokens, auth, guard, clock }: RevokeRouteDeps,
  { token, clientId }: { readonly token: string; readonly clientId: string },
  origin: AuditOrigin,
): Promise<void> {
  const caller = await verifiedCaller(accessTokens, token);
  if (caller?.tokenId === undefined || caller.clientId !== clientId) return;
  const { tokenId, userId, kind, sessionId, expiresAtMs = 0 } = caller;
  // With every new one, so that no timer is needed.
  await auth.tokenStates.removeEnded(clock.nowMs());
  await auth.transaction(async (tx) => {
    await tx.tokenStates.revokeJti(tokenId, expiresAtMs);
    await tx.audit.append(
      {
        event: "token.revoked",
        outcome: "success",
        reason: "revoked",
        clientId,
        familyId: sessionId,
        ...(kind === "user" ? { userId } : {}),
      },
      origin,
    );
  });
  guard.forget(tokenId);
}

/** Whom a token of ours speaks for, by its signature and times; undefined for anything else. */
export async function verifiedCaller(
  accessTokens: Pick<AccessTokens, "verify">,
  token: string,
): Promise<Caller | undefined> {
  try {
    return await accessTokens.verify(token);
  } catch (reason) {
    if (
      reason instanceof PipitError &&
      (reason.code === "TOKEN_INVALID" || reason.code === "TOKEN_EXPIRED")
    ) {
      return undefined;
    }
    throw reason;
  }
}
