import type { FastifyRequest } from "fastify";
import type { Account } from "#server/domain/accounts/ports.ts";
import type { StartedWebSession, WebSessionRequest } from "#server/domain/accounts/web-sessions.ts";
import { FULL_SCOPE, scopesOf } from "#server/domain/tokens/scopes.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readSessionCookie, setSessionCookie, type Exchange } from "../kit/cookies.ts";
import { toAccountAnswer, type AccountAnswer } from "./account-answer.ts";

/** What a sign-in of a browser needs. */
export type BrowserContext = Pick<HttpContext, "webSessions" | "site" | "clock" | "logger">;

/** The session of a user in this browser, in place of the one that it had. */
export function personSession({ headers }: FastifyRequest, grant: string): WebSessionRequest {
  const replaces = readSessionCookie(headers);
  return { scope: scopesOf(FULL_SCOPE), grant, proof: "password", replaces };
}

/** Gives the browser the cookie of a session that was started. */
export function keepSession(
  { site, clock, logger }: BrowserContext,
  exchange: Exchange,
  { account, session }: { readonly account: Account; readonly session: StartedWebSession },
): AccountAnswer {
  setSessionCookie(site, exchange, session.token, session.expiresAtMs - clock.nowMs());
  logger.info("auth.signed_in", { userId: account.id, expiresAtMs: session.expiresAtMs });
  return toAccountAnswer(account, session.expiresAtMs);
}
