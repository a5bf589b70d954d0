import { ownProgram } from "#server/domain/access/access.ts";
import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { readSessionCookie } from "../kit/session-cookie.ts";
import { keepSession, refuseForeignPage, type BrowserSessionDeps } from "./browser-session.ts";

export interface SessionRouteDeps extends BrowserSessionDeps {
  readonly signIn: Pick<SignIn, "byEarlierProof">;
}

/**
 * `POST /auth/session` with a bearer token of a program of ours: signs this browser in for as long as the token and
 * its session live, 7 days at most.
 */
export function sessionRoute(deps: SessionRouteDeps): CallerRoute {
  return {
    method: "POST",
    path: "/auth/session",
    access: ownProgram,
    async handle(request, caller, reply) {
      refuseForeignPage(deps.site, request);
      const { userId, clientId, scope, expiresAtMs, sessionId } = caller;
      const replaces = readSessionCookie(request.headers.cookie);
      const wanted = { clientId, scope, grant: "token", notAfterMs: expiresAtMs, sessionId, replaces };
      const signedIn = await deps.signIn.byEarlierProof(
        { userId, amr: [] },
        deps.webSessions.starts(wanted),
        originOf(request),
      );
      return keepSession(deps, { request, reply }, signedIn);
    },
  };
}
