import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { anyone } from "#server/domain/access/access.ts";
import type { SignInCodes } from "#server/domain/accounts/sign-in-codes.ts";
import type { Attempt, AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import { HttpError } from "../kit/http-error.ts";
import type { OpenRoute } from "../kit/route.ts";
import { refuseForeignPage, startSession, type StartSessionDeps } from "./start-session.ts";

export interface SignInRouteDeps extends StartSessionDeps {
  readonly signInCodes: SignInCodes;
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
      const grant = await redeem(deps.signInCodes, code, attempt);
      if (grant === undefined) {
        deps.logger.warn("auth.sign_in_refused");
        throw new PipitError(
          "TOKEN_INVALID",
          "This sign-in address was used before or is too old. Make a new one: npx pipit web",
          { field: "code" },
        );
      }
      return startSession(deps, { request, reply }, { ...grant, grant: "sign-in-code" });
    },
  };
}

/** Wrong codes stay charged; when no code could be looked up, none was tried. */
async function redeem(codes: SignInCodes, code: string, attempt: Attempt): ReturnType<SignInCodes["redeem"]> {
  try {
    const grant = await codes.redeem(code);
    await attempt.settle(grant === undefined ? "failed" : "succeeded");
    return grant;
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
