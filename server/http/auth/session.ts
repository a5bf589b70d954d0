import { ownProgram } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import type { CallerRoute } from "../kit/route.ts";
import { readSessionCookie } from "../kit/session-cookie.ts";
import { keepSession } from "./browser-session.ts";

/**
 * `POST /auth/session` with a bearer token of a program of ours: signs this browser in for as long as the token and
 * its session live, 7 days at most.
 */
export function sessionRoute(ctx: HttpContext): CallerRoute {
  return {
    method: "POST",
    path: "/auth/session",
    access: { ...ownProgram, ownPageOnly: true },
    async handle(request, caller, reply) {
      const { userId, clientId, scope, expiresAtMs, sessionId } = caller;
      const replaces = readSessionCookie(request.headers.cookie);
      const wanted = { clientId, scope, grant: "token", notAfterMs: expiresAtMs, sessionId, replaces };
      const signedIn = await ctx.signIn.byEarlierProof(
        { userId, amr: [] },
        ctx.webSessions.starts(wanted),
        originOf(request),
      );
      return keepSession(ctx, { request, reply }, signedIn);
    },
  };
}
