import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { browserDoor, ownProgram } from "#server/domain/access/access.ts";
import { issueSignInCode } from "#server/domain/accounts/sign-in-codes.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { HttpError } from "../kit/http-error.ts";
import { route, type Route } from "../kit/route.ts";
import { readSessionCookie } from "../kit/cookies.ts";
import { keepSession, personSession } from "./browser-session.ts";

/** How a sign-in of a program of ours is carried into a browser. */
export function programSignInRoutes(ctx: HttpContext): readonly Route[] {
  return [
    /** Form `code`: signs this browser in with a one-time code. */
    route("POST", "/auth/sign-in", browserDoor, async (request, reply) => {
      const signedIn = await redeem(ctx, request, readCode(request));
      if (signedIn === undefined) {
        ctx.logger.warn("auth.sign_in_refused");
        throw new PipitError(
          "TOKEN_INVALID",
          "This sign-in address was used before or is too old. Make a new one: npx pipit web",
          { field: "code" },
        );
      }
      return keepSession(ctx, { request, reply }, signedIn);
    }),
    /** With a bearer token: signs this browser in for as long as the token and its session live, 7 days at most. */
    route("POST", "/auth/session", { ...ownProgram, ownPageOnly: true }, async (request, caller, reply) => {
      const { userId, clientId, scope, expiresAtMs, sessionId, tokenId } = caller;
      const replaces = readSessionCookie(request.headers.cookie);
      const starts = ctx.webSessions.starts({
        clientId,
        scope,
        grant: "token",
        proof: "token",
        notAfterMs: expiresAtMs,
        sessionId,
        tokenId,
        replaces,
      });
      const signedIn = await ctx.signIn.byEarlierProof({ userId, amr: [] }, starts, originOf(request));
      return keepSession(ctx, { request, reply }, signedIn);
    }),
    /**
     * With a bearer token: a code for the browser. Never by cookie: a script in the page could then take a sign-in away
     * that outlives the page's own, which the HttpOnly cookie is there to prevent.
     */
    route("POST", "/auth/sign-in-codes", ownProgram, async (_request, { userId, scope, sessionId }) => {
      const { code, expiresAtMs } = await issueSignInCode(ctx.store.auth, { userId, scope, sessionId });
      return { code, expires_at: expiresAtMs, url: signInAddress(ctx.pageUrl(), code) };
    }),
  ];
}

/**
 * The address that signs a browser in. The code is in the fragment, which a browser sends to no server: it is in no log
 * of a proxy, in no `Referer`, and the page takes it off before anything else.
 */
export function signInAddress(pageUrl: string, code: string): string {
  return `${pageUrl}/#sign-in=${code}`;
}

/** Undefined for a wrong code, which stays charged; when no code could be looked up, none was tried. */
async function redeem(ctx: HttpContext, request: FastifyRequest, code: string) {
  const attempt = await ctx.limits.take([limitBucket("sign-in-code", peerKeyOf(request.clientAddress))]);
  const session = { ...personSession(request, "sign-in-code"), proof: "code" } as const;
  try {
    const signedIn = await ctx.signIn.byOneTimeCode(
      code,
      (scope) => ctx.webSessions.starts({ ...session, scope }),
      originOf(request),
    );
    await attempt.settle(signedIn === undefined ? "failed" : "succeeded");
    return signedIn;
  } catch (reason) {
    await attempt.settle("void");
    throw reason;
  }
}

/** The code of the body; never of the address, which ends up in histories and logs. */
function readCode(request: FastifyRequest): string {
  if (!(request.body instanceof URLSearchParams)) {
    throw new HttpError(415, "The body must be a form (application/x-www-form-urlencoded).");
  }
  const codes = request.body.getAll("code");
  if (codes.length === 1 && codes[0] !== undefined && codes[0] !== "") return codes[0];
  throw new PipitError("INVALID_REQUEST", "code: must be given once, in the body.", { field: "code" });
}
