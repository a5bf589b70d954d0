import type { HttpContext } from "#server/http/kit/http-context.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { scopesOf } from "#server/domain/tokens/scopes.ts";
import type { ClientGranted, UserGranted } from "../grants/grant.ts";

/** The answer of RFC 6749 §5.1 with what OpenID Connect and our own clients add. */
export function toTokenAnswer(
  ctx: HttpContext,
  client: OauthClient,
  granted: UserGranted | ClientGranted,
): Record<string, unknown> {
  const { scope } = granted;
  const access = ctx.accessTokens.issue({
    userId: granted.kind === "user" ? granted.account.id : client.clientId,
    clientId: client.clientId,
    scope,
    algorithm: client.tokenAlgorithm,
    ttlSeconds: client.accessTtlSeconds,
    ...(granted.kind === "user" ? { sessionId: granted.sessionId, authTimeMs: granted.authTimeMs } : {}),
  });
  return {
    access_token: access.token,
    token_type: "bearer",
    expires_in: access.expiresInSeconds,
    scope,
    ...(granted.kind === "user" ? userAnswer(ctx, client, granted, access.token) : {}),
  };
}

function userAnswer(
  { accessTokens, clock }: HttpContext,
  client: OauthClient,
  granted: UserGranted,
  accessToken: string,
): Record<string, unknown> {
  const { account, refreshToken, expiresAtMs } = granted;
  return {
    ...(refreshToken === undefined
      ? {}
      : {
          refresh_token: refreshToken,
          refresh_expires_in: Math.max(0, Math.floor((expiresAtMs - clock.nowMs()) / 1000)),
        }),
    ...(scopesOf(granted.scope).includes("openid")
      ? {
          id_token: accessTokens.signIdToken({
            audience: client.clientId,
            userId: account.id,
            nonce: granted.nonce,
            authTimeMs: granted.authTimeMs,
            amr: granted.amr,
            accessToken,
            sessionId: granted.sessionId,
          }),
        }
      : {}),
    // What our own windows show before they have asked for anything.
    ...(client.firstParty
      ? { account: { id: account.id, name: account.displayName, local: account.local } }
      : {}),
  };
}
