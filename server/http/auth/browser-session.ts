import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { foreignPage } from "#server/domain/access/authenticate.ts";
import type { Account } from "#server/domain/accounts/ports.ts";
import type {
  StartedWebSession,
  WebSessionRequest,
  WebSessions,
} from "#server/domain/accounts/web-sessions.ts";
import { FULL_SCOPE, scopesOf } from "#server/domain/tokens/scopes.ts";
import { readSessionCookie, setSessionCookie } from "../kit/session-cookie.ts";
import type { Site } from "../kit/site.ts";
import { toAccountAnswer, type AccountAnswer } from "./account-answer.ts";

export interface BrowserSessionDeps {
  readonly webSessions: WebSessions;
  readonly site: Site;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Another page may neither sign a browser in, to an account of its choice, nor out. Throws NOT_ALLOWED. */
export function refuseForeignPage(site: Site, request: FastifyRequest): void {
  if (site.isForeignPage(request.headers)) throw foreignPage();
}

/** The session of a person in this browser, in place of whoever it was signed in as. */
export function personSession({ headers }: FastifyRequest, grant: string): WebSessionRequest {
  return { scope: scopesOf(FULL_SCOPE), grant, replaces: readSessionCookie(headers.cookie) };
}

/** Gives the browser the cookie of a session that was started. */
export function keepSession(
  { site, clock, logger }: BrowserSessionDeps,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { account, session }: { readonly account: Account; readonly session: StartedWebSession },
): AccountAnswer {
  setSessionCookie(reply, {
    token: session.token,
    maxAgeMs: session.expiresAtMs - clock.nowMs(),
    secure: site.needsSecureCookie(request.headers),
  });
  logger.info("auth.signed_in", { userId: account.id, expiresAtMs: session.expiresAtMs });
  return toAccountAnswer(account, session.expiresAtMs);
}
