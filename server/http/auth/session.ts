import { requireProgram } from "./own-programs.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";
import { refuseForeignPage, startSession, type StartSessionDeps } from "./start-session.ts";

export interface SessionRouteDeps extends StartSessionDeps {
  readonly requireBearer: RequireCaller;
}

/**
 * `POST /auth/session` with a bearer token of a program of ours: signs this browser in for as long as the token and
 * its session live, 7 days at most.
 */
export function sessionRoute(deps: SessionRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/session",
    async handler(request, reply) {
      refuseForeignPage(deps.site, request);
      const caller = requireProgram(
        await deps.requireBearer(request),
        "Only tokens of this server's own programs sign a browser in.",
      );
      const { userId, clientId, scope, expiresAtMs, sessionId } = caller;
      return startSession(
        deps,
        { request, reply },
        { userId, clientId, scope, grant: "token", notAfterMs: expiresAtMs, sessionId },
      );
    },
  };
}
