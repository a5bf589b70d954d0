import type { IncomingHttpHeaders } from "node:http";
import type { Provider, Session } from "oidc-provider";
import { PipitError } from "#contract/pipit-error.ts";
import { WEB_SESSION_TTL_MS, type WebSessions } from "#server/domain/accounts/web-sessions.ts";
import { acrOf } from "./credentials-version.ts";
import { readSessionCookie } from "#server/http/kit/cookies.ts";

/** Who this browser is signed in as. */
export interface CookieSignIn {
  readonly userId: string;
  readonly credentialsVersion: number;
  readonly authTimeMs: number;
}

/**
 * By the cookie of our own sign-in; undefined without one. Throws what the database throws. A session that was carried
 * over from a program is none, because what is granted here may do more, lives longer, and does not end with that
 * program's session: it asks for the password first.
 */
export async function readCookieSignIn(
  webSessions: Pick<WebSessions, "verify">,
  headers: IncomingHttpHeaders,
): Promise<CookieSignIn | undefined> {
  const token = readSessionCookie(headers);
  if (token === undefined) return undefined;
  try {
    const { userId, proof, credentialsVersion, expiresAtMs = 0 } = await webSessions.verify(token);
    if (proof !== "password") return undefined;
    // Taken for the oldest that it can be: max_age then asks once too often.
    return { userId, credentialsVersion, authTimeMs: Math.max(0, expiresAtMs - WEB_SESSION_TTL_MS) };
  } catch (reason) {
    if (PipitError.from(reason).httpStatus === 401) return undefined;
    throw reason;
  }
}

/**
 * Makes the library's session follow our cookie, at every load: the user signed in by the cookie is signed in here,
 * and no other user. Signing out, a change of password or a switched-off account so end single sign-on at once.
 */
export function followCookieSignIn(provider: Provider, webSessions: Pick<WebSessions, "verify">): void {
  const { Session } = provider;
  const load = Session.get.bind(Session);
  Session.get = async (ctx) => {
    const found = await load(ctx);
    const signedIn = await readCookieSignIn(webSessions, ctx.req.headers);
    const session = await sessionFor(Session, found, signedIn?.userId);
    if (session !== found && ctx["oidc"] !== undefined) ctx["oidc"].entity("Session", session);
    return refreshed(session, signedIn);
  };
}

async function sessionFor(
  SessionClass: Provider["Session"],
  found: Session,
  userId: string | undefined,
): Promise<Session> {
  const Fresh = SessionClass as unknown as new (payload?: object) => Session;
  // Nothing was found. The library would keep one for every request with the cookie of one that is gone.
  if (found.exp === undefined) return new Fresh();
  if (found.accountId === undefined || found.accountId === userId) return found;
  // What another user did in this browser must not be carried over, not even the session's id.
  await found.destroy();
  return new Fresh({});
}

function refreshed(session: Session, signedIn: CookieSignIn | undefined): Session {
  if (signedIn === undefined) return session;
  const loginTs = Math.floor(signedIn.authTimeMs / 1000);
  const acr = acrOf(signedIn.credentialsVersion);
  const sameAccount = session.accountId === signedIn.userId;
  if (sameAccount && session.acr === acr && (session.loginTs ?? 0) >= loginTs) return session;
  session.loginAccount({
    accountId: signedIn.userId,
    loginTs,
    acr,
    amr: sameAccount ? session.amr : undefined,
  });
  // Tells the library to keep it, and to give the browser its cookie.
  Object.assign(session, { touched: true });
  return session;
}
