import { PipitError } from "#contract/pipit-error.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { oauthClient } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { CLOCK_SKEW_SECONDS, type AccessTokens } from "#server/domain/tokens/access-tokens.ts";
import { isRefreshToken } from "#server/domain/tokens/refresh-tokens.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { route, type OpenRoute } from "../kit/route.ts";
import { authenticateClient } from "./kit/client-authentication.ts";
import { readForm } from "./kit/oauth-form.ts";

/**
 * `POST /oauth/revoke` (RFC 7009). A refresh token ends its session, and with it all its access tokens; an access token
 * ends alone. Whatever else is sent, also another client's token, changes nothing and is 200: it is not good here.
 */
export function revokeRoute(ctx: HttpContext): OpenRoute {
  return route("POST", "/oauth/revoke", oauthClient, async (request, reply) => {
    const form = readForm(request);
    const { clientId } = await authenticateClient(ctx.clients, request, form);
    const token = form.need("token");
    const origin = originOf(request);
    // `token_type_hint` is no news: the two kinds cannot be mistaken for each other.
    if (isRefreshToken(token)) {
      await ctx.sessions.revokeByRefreshToken({ refreshToken: token, clientId }, origin);
    } else {
      await revokeAccessToken(ctx, { token, clientId }, origin);
    }
    return reply.code(200).send();
  });
}

async function revokeAccessToken(
  { accessTokens, store: { auth }, guard }: HttpContext,
  { token, clientId }: { readonly token: string; readonly clientId: string },
  origin: AuditOrigin,
): Promise<void> {
  const caller = await verifiedCaller(accessTokens, token);
  if (caller?.tokenId === undefined || caller.clientId !== clientId) return;
  const { tokenId, userId, kind, sessionId, expiresAtMs = 0 } = caller;
  await auth.transaction(async (tx) => {
    // Servers forget it by their own clocks, and one that is behind still takes the token.
    await tx.tokenStates.revokeJti(tokenId, expiresAtMs + CLOCK_SKEW_SECONDS * 1000);
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

/** The caller that a token of ours names, by its signature and times; undefined for anything else. */
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
