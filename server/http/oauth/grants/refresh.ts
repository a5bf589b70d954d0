import type { HttpContext } from "#server/http/kit/http-context.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import type { Grant } from "./grant.ts";

/** RFC 6749 §6, with rotation and reuse detection (RFC 9700 §4.14). */
export function createRefreshGrant({ sessions, metrics }: HttpContext): Grant {
  return async ({ form, client, origin }) => {
    const refreshToken = form.need("refresh_token");
    const outcome = await sessions.refresh({ refreshToken, client, scope: form.get("scope") }, origin);
    if (outcome.kind === "refused") {
      const { error, reason, sessionId } = outcome;
      metrics.refreshRotation(reason);
      throw new OAuthError(
        error,
        error === "invalid_scope"
          ? "The sign-in was for less than this scope."
          : "The refresh token is not valid any more. Sign in again.",
        { reason, audited: sessionId !== undefined },
      );
    }
    metrics.refreshRotation(outcome.replayed ? "replayed" : "rotated");
    return { ...outcome, kind: "user", refreshed: true };
  };
}
