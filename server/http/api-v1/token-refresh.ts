import type { AuthMetrics } from "#server/domain/auth-metrics.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import type { OpenRoute } from "../kit/route.ts";
import { ApiRefusal } from "./api-answer.ts";
import { readFields } from "./json-fields.ts";
import { tokenRequest, type TokenRequestDeps } from "./token-request.ts";

export interface TokenRefreshRouteDeps extends TokenRequestDeps {
  readonly sessions: Pick<Sessions, "refresh">;
  readonly metrics: Pick<AuthMetrics, "tokenRequest" | "refreshRotation">;
}

/** `POST /api/v1/token/refresh/ {refresh}`: always both tokens; the old refresh token is used up. */
export function apiTokenRefreshRoute(deps: TokenRefreshRouteDeps): OpenRoute {
  return {
    method: "POST",
    path: "/api/v1/token/refresh/",
    access: { who: "anyone", secure: true },
    handle: tokenRequest(deps, "refresh_token", async (request, client, origin) => {
      const { refresh } = readFields(request, ["refresh"]);
      const outcome = await deps.sessions.refresh({ refreshToken: refresh, client }, origin);
      if (outcome.kind === "refused") {
        deps.metrics.refreshRotation(outcome.reason);
        deps.logger.warn("api-v1.refresh_refused", {
          clientId: client.clientId,
          reason: outcome.reason,
          sessionId: outcome.sessionId,
        });
        throw new ApiRefusal(401, { detail: "Token is invalid or expired", code: "token_not_valid" });
      }
      deps.metrics.refreshRotation(outcome.replayed ? "replayed" : "rotated");
      return { ...outcome, userId: outcome.account.id };
    }),
  };
}
