import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { browserDoor } from "#server/domain/access/access.ts";
import type { StartedWebSession } from "#server/domain/accounts/web-sessions.ts";
import type { Attempt } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { SignedIn } from "#server/domain/sign-in/sign-in.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { HttpError } from "../kit/http-error.ts";
import type { OpenRoute } from "../kit/route.ts";
import { keepSession, personSession } from "./browser-session.ts";

/** `POST /auth/sign-in`, form `code`: signs this browser in with a one-time code. */
export function signInRoute(ctx: HttpContext): OpenRoute {
  return {
    method: "POST",
    path: "/auth/sign-in",
    access: browserDoor,
    async handle(request, reply) {
      const code = readCode(request);
      const peer = peerKeyOf(request.clientAddress);
      const attempt = await ctx.limits.take([limitBucket("sign-in-code", peer)]);
      const signedIn = await redeem(ctx, request, code, attempt);
      if (signedIn === undefined) {
        ctx.logger.warn("auth.sign_in_refused");
        throw new PipitError(
          "TOKEN_INVALID",
          "This sign-in address was used before or is too old. Make a new one: npx pipit web",
          { field: "code" },
        );
      }
      return keepSession(ctx, { request, reply }, signedIn);
    },
  };
}

/** Wrong codes stay charged; when no code could be looked up, none was tried. */
async function redeem(
  { signIn, webSessions }: HttpContext,
  request: FastifyRequest,
  code: string,
  attempt: Attempt,
): Promise<SignedIn<StartedWebSession> | undefined> {
  const session = personSession(request, "sign-in-code");
  try {
    const signedIn = await signIn.byOneTimeCode(
      code,
      (scope) => webSessions.starts({ ...session, scope }),
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
