import type { FastifyRequest } from "fastify";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Owner } from "#server/domain/accounts/own-account.ts";
import { hashOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readSessionCookie } from "../kit/session-cookie.ts";

/** The caller as the owner of an account, with what stays of it when all else is signed out. */
export function ownerOf(
  { deviceCookie }: Pick<HttpContext, "deviceCookie">,
  request: FastifyRequest,
  caller: Caller,
): Owner {
  const { authorization, cookie } = request.headers;
  // A bearer token wins over a cookie, and then it is not the cookie's session that goes on.
  const sessionToken = authorization === undefined ? readSessionCookie(cookie) : undefined;
  return {
    userId: caller.userId,
    clientId: caller.clientId,
    keep: {
      sessionId: caller.sessionId,
      webSessionHash: sessionToken === undefined ? undefined : hashOpaqueToken(sessionToken),
    },
    deviceToken: deviceCookie.read(request),
  };
}
