import { PipitError } from "#contract/pipit-error.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import type { HttpContext } from "../kit/http-context.ts";
import type { OpenRoute } from "../kit/route.ts";
import { FieldErrors, readFields } from "./json-fields.ts";
import { tokenRequest } from "./token-request.ts";

/** `POST /api/v1/token/ {username, password, otp?}`: both tokens for a password, and a code where one is needed. */
export function apiTokenRoute(ctx: HttpContext): OpenRoute {
  return {
    method: "POST",
    path: "/api/v1/token/",
    access: { who: "anyone", secure: true },
    handle: tokenRequest(ctx, "password", async (request, client, origin) => {
      const { username: login, password, otp } = readFields(request, ["username", "password"], ["otp"]);
      const scope = narrowScope(undefined, client.scope) ?? "";
      const { account, session, authTimeMs } = await signIn(
        ctx,
        { client, scope, login, password, otp },
        origin,
      );
      const { sessionId, refreshToken, expiresAtMs } = session;
      if (refreshToken === undefined) throw new PipitError("INTERNAL", "The session has no refresh token.");
      ctx.logger.info("api-v1.signed_in", { userId: account.id, clientId: client.clientId, sessionId });
      return {
        userId: account.id,
        scope,
        sessionId,
        authTimeMs,
        refreshToken,
        expiresAtMs,
      };
    }),
  };
}

interface Given {
  readonly client: OauthClient;
  readonly scope: string;
  readonly login: string;
  readonly password: string;
  readonly otp: string | undefined;
}

async function signIn(ctx: HttpContext, { client, scope, ...given }: Given, origin: AuditOrigin) {
  const starts = ctx.sessions.starts({ client, scope, grant: "api-v1", withRefreshToken: true });
  try {
    const attempt = { ...given, via: "api-v1", clientId: client.clientId } as const;
    return await ctx.signIn.byPassword(attempt, starts, origin);
  } catch (reason) {
    // Our rules know the field by another name.
    if (reason instanceof PipitError && reason.code === "INVALID_REQUEST" && reason.field === "login") {
      throw new FieldErrors({ username: [reason.message.replace(/^login: /, "")] });
    }
    throw reason;
  }
}
