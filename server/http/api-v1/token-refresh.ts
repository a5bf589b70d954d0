import type { HttpContext } from "../kit/http-context.ts";
import type { OpenRoute } from "../kit/route.ts";
import { ApiRefusal } from "./api-answer.ts";
import { readFields } from "./json-fields.ts";
import { tokenRequest } from "./token-request.ts";

/** `POST /api/v1/token/refresh/ {refresh}`: always both tokens; the old refresh token is used up. */
export function apiTokenRefreshRoute(ctx: HttpContext): OpenRoute {
  return {
    method: "POST",
    path: "/api/v1/token/refresh/",
    access: { who: "anyone", secure: true },
    handle: tokenRequest(ctx, "refresh_token", async (request, client, origin) => {
      const { refresh } = readFields(request, ["refresh"]);
      const outcome = await ctx.sessions.refresh({ refreshToken: refresh, client }, origin);
      if (outcome.kind === "refused") {
        ctx.metrics.refreshRotation(outcome.reason);
        ctx.logger.warn("api-v1.refresh_refused", {
          clientId: client.clientId,
          reason: outcome.reason,
          sessionId: outcome.sessionId,
        });
        throw new ApiRefusal(401, { detail: "Token is invalid or expired", code: "token_not_valid" });
      }
      ctx.metrics.refreshRotation(outcome.replayed ? "replayed" : "rotated");
      return { ...outcome, userId: outcome.account.id };
    }),
  };
}
