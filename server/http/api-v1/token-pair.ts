import type { OauthClient } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import type { ApiBody } from "./api-answer.ts";

/** A session, and its newest refresh token. */
export interface PairSession {
  readonly userId: string;
  readonly scope: string;
  readonly sessionId: string;
  readonly authTimeMs: number;
  readonly refreshToken: string;
  /** End of the refresh token. */
  readonly expiresAtMs: number;
}

/** Both tokens and their lifetimes in seconds (docs/reference/developer-api.md). */
export function tokenPair(
  { accessTokens, clock }: HttpContext,
  client: OauthClient,
  session: PairSession,
): ApiBody {
  const { token, expiresInSeconds } = accessTokens.issue({
    userId: session.userId,
    clientId: client.clientId,
    scope: session.scope,
    algorithm: client.tokenAlgorithm,
    ttlSeconds: client.accessTtlSeconds,
    sessionId: session.sessionId,
    authTimeMs: session.authTimeMs,
  });
  return {
    access: token,
    refresh: session.refreshToken,
    access_lifetime: expiresInSeconds,
    refresh_lifetime: Math.max(0, Math.floor((session.expiresAtMs - clock.nowMs()) / 1000)),
  };
}
