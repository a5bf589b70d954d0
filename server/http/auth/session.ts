import { ownProgram } from "#server/domain/access/access.ts";
import type { CallerRoute } from "../kit/route.ts";
import { refuseForeignPage, startSession, type StartSessionDeps } from "./start-session.ts";

/**
 * `POST /auth/session` with a bearer token of a program of ours: signs this browser in for as long as the token and
 * its session live, 7 days at most.
 */
export function sessionRoute(deps: StartSessionDeps): CallerRoute {
  return {
    method: "POST",
    path: "/auth/session",
    access: ownProgram,
    async handle(request, caller, reply) {
      refuseForeignPage(deps.site, request);
      const { userId, clientId, scope, expiresAtMs, sessionId } = caller;
      return startSession(
        deps,
        { request, reply },
        { userId, clientId, scope, grant: "token", notAfterMs: expiresAtMs, sessionId },
      );
    },
  };
}
