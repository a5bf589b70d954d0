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
  const { token, expiresInSeconds } = accessTokenOf(ctx, client, granted);
  return {
    access_token: token,
    token_type: "bearer",
    expires_in: expiresInSeconds,
    scope: granted.scope,
    ...(granted.kind === "user" && userAnswer(ctx, client, granted, token)),
  };
}

/** The access token of what was granted, with its life. */
export function accessTokenOf(
  { accessTokens }: HttpContext,
  client: OauthClient,
  granted: UserGranted | ClientGranted,
): ReturnType<HttpContext["accessTokens"]["issue"]> {
  const { clientId, tokenAlgorithm: algorithm, accessTtlSeconds: ttlSeconds } = client;
  const { scope } = granted;
  if (granted.kind === "client") {
    return accessTokens.issue({ userId: clientId, clientId, scope, algorithm, ttlSeconds });
  }
  const { account, sessionId, authTimeMs } = granted;
  const session = { sessionId, authTimeMs };
  return accessTokens.issue({ userId: account.id, clientId, scope, algorithm, ttlSeconds, ...session });
}

/** What is left of the life of a refresh token. */
export function refreshSecondsOf({ clock }: HttpContext, { expiresAtMs }: UserGranted): number {
  return Math.max(0, Math.floor((expiresAtMs - clock.nowMs()) / 1000));
}

function userAnswer(
  ctx: HttpContext,
  client: OauthClient,
  granted: UserGranted,
  accessToken: string,
): Record<string, unknown> {
  const { account, refreshToken, sessionId, authTimeMs, amr, nonce } = granted;
  return {
    ...(refreshToken !== undefined && {
      refresh_token: refreshToken,
      refresh_expires_in: refreshSecondsOf(ctx, granted),
    }),
    ...(scopesOf(granted.scope).includes("openid") && {
      id_token: ctx.accessTokens.signIdToken({
        audience: client.clientId,
        userId: account.id,
        nonce,
        authTimeMs,
        amr,
        accessToken,
        sessionId,
      }),
    }),
    // What our own windows show before they have asked for anything.
    ...(client.firstParty && {
      account: { id: account.id, name: account.displayName, local: account.local },
    }),
  };
}
