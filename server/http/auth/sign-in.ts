import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { anyone } from "#server/domain/access/access.ts";
import type { StartedWebSession } from "#server/domain/accounts/web-sessions.ts";
import type { Attempt, AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { SignedIn, SignIn } from "#server/domain/sign-in/sign-in.ts";
import { originOf } from "../kit/origin.ts";
import { HttpError } from "../kit/http-error.ts";
import type { OpenRoute } from "../kit/route.ts";
import { keepSession, personSession, refuseForeignPage, type BrowserSessionDeps } from "./browser-session.ts";

export interface SignInRouteDeps extends BrowserSessionDeps {
  readonly signIn: Pick<SignIn, "byOneTimeCode">;
  readonly limits: AttemptLimits;
}

/** `POST /auth/sign-in`, form `code`: signs this browser in with a one-time code. */
export function signInRoute(deps: SignInRouteDeps): OpenRoute {
  return {
    method: "POST",
    path: "/auth/sign-in",
    access: anyone,
    async handle(request, reply) {
      refuseForeignPage(deps.site, request);
      const code = readCode(request);
      const peer = peerKeyOf(request.clientAddress);
      const attempt = await deps.limits.take([limitBucket("sign-in-code", peer)]);
      const signedIn = await redeem(deps, request, code, attempt);
      if (signedIn === undefined) {
        deps.logger.warn("auth.sign_in_refused");
        throw new PipitError(
          "TOKEN_INVALID",
          "This sign-in address was used before or is too old. Make a new one: npx pipit web",
          { field: "code" },
        );
      }
      return keepSession(deps, { request, reply }, signedIn);
    },
  };
}

/** Wrong codes stay charged; when no code could be looked up, none was tried. */
async function redeem(
  { signIn, webSessions }: SignInRouteDeps,
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

/** Only from the body: an address ends up in histories and logs. */
function readCode(request: FastifyRequest): string {
  if (!(request.body instanceof URLSearchParams)) {
    throw new HttpError(415, "The body must be a form (application/x-www-form-urlencoded).");
  }
  const codes = request.body.getAll("code");
  if (codes.length === 1 && codes[0] !== undefined && codes[0] !== "") return codes[0];
  throw new PipitError("INVALID_REQUEST", "code: must be given once, in the body.", { field: "code" });
}
