import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import type { AttemptLimit } from "#server/domain/accounts/attempt-limit.ts";
import type { SignInCodes } from "#server/domain/accounts/sign-in-codes.ts";
import { HttpError } from "../http-error.ts";
import type { Route } from "../route.ts";
import { peerKeyOf } from "./peer-key.ts";
import { refuseForeignPage, startSession, type StartSessionDeps } from "./start-session.ts";

export interface SignInRouteDeps extends StartSessionDeps {
  readonly signInCodes: SignInCodes;
  /** Of wrong codes, per peer. */
  readonly signInLimit: AttemptLimit;
}

/** `POST /auth/sign-in`, form `code`: signs this browser in with a one-time code. */
export function signInRoute(deps: SignInRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/sign-in",
    async handler(request, reply) {
      refuseForeignPage(deps.site, request);
      const code = readCode(request);
      const attempt = deps.signInLimit.take(peerKeyOf(request.raw.socket.remoteAddress));
      if ("retryAfterMs" in attempt) {
        throw new PipitError("RATE_LIMITED", "Too many wrong sign-in codes. Wait a minute and try again.", {
          retryAfterMs: attempt.retryAfterMs,
        });
      }
      const grant = await deps.signInCodes.redeem(code);
      if (grant === undefined) {
        deps.logger.warn("auth.sign_in_refused");
        throw new PipitError(
          "TOKEN_INVALID",
          "This sign-in address was used before or is too old. Make a new one: npx pipit web",
          { field: "code" },
        );
      }
      attempt.refund();
      return startSession(deps, { request, reply }, grant);
    },
  };
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
