import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import type { OpenRoute } from "../kit/route.ts";
import { granted } from "../oauth/grants/grant.ts";
import { ApiRefusal } from "./api-answer.ts";
import { neededText, optionalText, readFields } from "./json-fields.ts";
import { tokenPairRoute } from "./token-request.ts";

const credentials = z.object({ username: neededText, password: neededText, otp: optionalText });
const refreshToken = z.object({ refresh: neededText });

/** `POST /api/v1/token/ {username, password, otp?}`: both tokens for a password, and a code where one is needed. */
export function apiTokenRoute(ctx: HttpContext): OpenRoute {
  return tokenPairRoute(ctx, "/api/v1/token/", "password", async (request, client) => {
    const { username: login, password, otp } = readFields(credentials, request);
    const { clientId } = client;
    const scope = narrowScope(undefined, client.scope) ?? "";
    const starts = ctx.sessions.starts({ client, scope, grant: "api-v1", withRefreshToken: true });
    const attempt = { login, password, otp, via: "api-v1", clientId } as const;
    try {
      const signedIn = await ctx.signIn.byPassword(attempt, starts, originOf(request));
      const { account, session } = signedIn;
      ctx.logger.info("api-v1.signed_in", { userId: account.id, clientId, sessionId: session.sessionId });
      return granted(signedIn, scope);
    } catch (reason) {
      // Our rules know the field by another name.
      if (reason instanceof PipitError && reason.code === "INVALID_REQUEST" && reason.field === "login") {
        throw new ApiRefusal(400, { username: [reason.message.replace(/^login: /, "")] });
      }
      throw reason;
    }
  });
}

/** `POST /api/v1/token/refresh/ {refresh}`: always both tokens; the old refresh token is used up. */
export function apiTokenRefreshRoute(ctx: HttpContext): OpenRoute {
  return tokenPairRoute(ctx, "/api/v1/token/refresh/", "refresh_token", async (request, client) => {
    const { refresh } = readFields(refreshToken, request);
    const outcome = await ctx.sessions.refresh({ refreshToken: refresh, client }, originOf(request));
    if (outcome.kind === "refused") {
      const { reason, sessionId } = outcome;
      ctx.metrics.refreshRotation(reason);
      ctx.logger.warn("api-v1.refresh_refused", { clientId: client.clientId, reason, sessionId });
      throw new ApiRefusal(401, { detail: "Token is invalid or expired", code: "token_not_valid" });
    }
    ctx.metrics.refreshRotation(outcome.replayed ? "replayed" : "rotated");
    return { ...outcome, kind: "user", refreshed: true };
  });
}
