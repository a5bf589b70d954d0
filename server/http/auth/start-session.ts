import type { FastifyReply, FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { foreignPage } from "#server/domain/access/authenticate.ts";
import type { AccountStore } from "#server/domain/accounts/ports.ts";
import type { WebSessionRequest, WebSessions } from "#server/domain/accounts/web-sessions.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { originOf } from "../kit/origin.ts";
import { readSessionCookie, setSessionCookie } from "../kit/session-cookie.ts";
import type { Site } from "../kit/site.ts";
import { toAccountAnswer, type AccountAnswer } from "./account-answer.ts";

export interface StartSessionDeps {
  readonly webSessions: WebSessions;
  readonly accounts: Pick<AccountStore, "findById">;
  readonly site: Site;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Another page may neither sign a browser in, to an account of its choice, nor out. Throws NOT_ALLOWED. */
export function refuseForeignPage(site: Site, request: FastifyRequest): void {
  if (site.isForeignPage(request.headers)) throw foreignPage();
}

/**
 * Signs the browser in, in place of whoever it was signed in as. Throws TOKEN_INVALID for an account that is off.
 *
 * @param stillHolds for who has just shown a password: whether it was not changed in this very moment, which would have
 *   ended all sessions but this one; otherwise throws CREDENTIALS_INVALID
 */
export async function startSession(
  deps: StartSessionDeps,
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  wanted: WebSessionRequest,
  stillHolds?: () => Promise<boolean>,
): Promise<AccountAnswer> {
  const { webSessions, site, clock, logger } = deps;
  const { headers } = exchange.request;
  const account = await deps.accounts.findById(wanted.userId);
  if (account === undefined || !account.active) {
    throw new PipitError("TOKEN_INVALID", "This account is switched off.");
  }
  const previous = readSessionCookie(headers.cookie);
  const session = await webSessions.start(wanted, originOf(exchange.request));
  if (stillHolds !== undefined && !(await stillHolds())) {
    await webSessions.end(session.token);
    throw new PipitError("CREDENTIALS_INVALID", "Invalid login or password.");
  }
  if (previous !== undefined) await webSessions.end(previous);
  setSessionCookie(exchange.reply, {
    token: session.token,
    maxAgeMs: session.expiresAtMs - clock.nowMs(),
    secure: site.needsSecureCookie(headers),
  });
  logger.info("auth.signed_in", { userId: account.id, expiresAtMs: session.expiresAtMs });
  return toAccountAnswer(account, session.expiresAtMs);
}
