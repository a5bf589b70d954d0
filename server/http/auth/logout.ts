import type { FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { browserDoor } from "#server/domain/access/access.ts";
import { foreignPage } from "#server/domain/access/authenticate.ts";
import { hashOpaqueToken, isOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { pageCredentialsOf } from "../kit/cookies.ts";
import { route, type OpenRoute } from "../kit/route.ts";
import { clearSessionCookie } from "../kit/cookies.ts";

/**
 * `POST /auth/logout`: ends this browser's session, and that of a bearer token. A client that is signed out already
 * gets the same answer.
 */
export function logoutRoute(ctx: HttpContext): OpenRoute {
  const { store, site, logger } = ctx;
  return route("POST", "/auth/logout", browserDoor, async (request, reply) => {
    const page = pageCredentialsOf(site, request);
    if (page !== undefined) {
      if (!page.fromOwnPage) throw foreignPage();
      if (await endWebSession(store.auth, page.sessionToken, originOf(request)))
        logger.info("auth.signed_out");
    }
    if (request.headers.authorization !== undefined) await endTokenSession(ctx, request);
    clearSessionCookie(site, { request, reply });
    return { message: "Logged out successfully" };
  });
}

/** False when there was none. */
async function endWebSession(
  auth: Pick<AuthStore, "transaction">,
  token: string,
  origin: AuditOrigin,
): Promise<boolean> {
  if (!isOpaqueToken(token)) return false;
  const hash = hashOpaqueToken(token);
  return auth.transaction(async (tx) => {
    const session = await tx.webSessions.find(hash);
    if (session === undefined) return false;
    const { userId, clientId } = session;
    await tx.webSessions.remove(hash);
    await tx.audit.append({ event: "logout", outcome: "success", userId, clientId }, origin);
    return true;
  });
}

async function endTokenSession(
  { authenticate, sessions }: HttpContext,
  request: FastifyRequest,
): Promise<void> {
  try {
    const { authorization } = request.headers;
    const { sessionId, userId } = await authenticate({ authorization }, { local: false, page: false });
    if (sessionId === undefined) return;
    await sessions.revoke({ sessionId, userId, reason: "logout" }, originOf(request));
  } catch (reason) {
    // A token that is good for nothing is signed out; while the database does not answer, it is not.
    if (!(reason instanceof PipitError) || reason.httpStatus >= 500) throw reason;
  }
}
