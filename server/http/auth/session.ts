import type { RequireCaller } from "../require-caller.ts";
import type { Route } from "../route.ts";
import { refuseForeignPage, startSession, type StartSessionDeps } from "./start-session.ts";

export interface SessionRouteDeps extends StartSessionDeps {
  readonly requireBearer: RequireCaller;
}

/** `POST /auth/session` with a bearer token: signs this browser in for as long as the token lives, 7 days at most. */
export function sessionRoute(deps: SessionRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/session",
    async handler(request, reply) {
      refuseForeignPage(deps.site, request);
      const { userId, scope, expiresAtMs } = await deps.requireBearer(request);
      return startSession(deps, { request, reply }, { userId, scope, notAfterMs: expiresAtMs });
    },
  };
}
