import { randomUUID } from "node:crypto";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Clock } from "#contract/clock.ts";
import type { Starts } from "#server/domain/sign-in/sign-in.ts";
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import type { Account, StoredWebSession, WebSessionProof } from "./ports.ts";

/** Life of a session (docs/reference/accounts.md), however much it is used. */
export const WEB_SESSION_TTL_MS = 7 * 24 * 60 * 60 * 1000;
/** A session in use is written at most this often. */
const TOUCH_EVERY_MS = 5 * 60 * 1000;

export interface WebSessionRequest {
  readonly scope: readonly string[];
  /**
   * Whose token was traded for the session; default: the page, where the person signed in. Only the latter counts as a
   * sign-in for what begins new sessions: see cookie-sign-in.ts.
   */
  readonly clientId?: string | undefined;
  /** How the person signed in, for the audit, e.g. "registration". */
  readonly grant: string;
  readonly proof: WebSessionProof;
  /** When what the person signed in with ends; the session then ends no later. */
  readonly notAfterMs?: number | undefined;
  /** Session and token of the program it is carried over from; revoking either ends this one at once. */
  readonly sessionId?: string | undefined;
  readonly tokenId?: string | undefined;
  /** Token of this browser's session until now, which ends. */
  readonly replaces?: string | undefined;
}

/** Who a cookie speaks for. */
interface CookieCaller extends Caller {
  /** The account's version of credentials at this moment. */
  readonly credentialsVersion: number;
  readonly proof: WebSessionProof;
}

export interface StartedWebSession {
  /** For the cookie, and for nothing else. */
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Browsers that are signed in, each by an opaque token in a cookie. */
export type WebSessions = ReturnType<typeof createWebSessions>;

export function createWebSessions(
  auth: Pick<AuthStore, "webSessions" | "accounts" | "transaction">,
  clock: Clock,
) {
  const { webSessions: store, accounts } = auth;
  return {
    /** A browser's session for who signs in. */
    starts(request: WebSessionRequest): Starts<StartedWebSession> {
      const { scope, clientId = WEB_CLIENT_ID, grant, proof, notAfterMs, sessionId, replaces } = request;
      return async (tx, { account }, origin) => {
        const nowMs = clock.nowMs();
        const token = newOpaqueToken();
        const session: StoredWebSession = {
          id: randomUUID(),
          hash: hashOpaqueToken(token),
          userId: account.id,
          clientId,
          scope: scope.join(" "),
          createdAtMs: nowMs,
          lastSeenAtMs: nowMs,
          expiresAtMs: Math.min(nowMs + WEB_SESSION_TTL_MS, notAfterMs ?? Number.POSITIVE_INFINITY),
          proof,
          familyId: sessionId,
          tokenId: request.tokenId,
          ip: origin.ip,
          userAgent: origin.userAgent,
        };
        if (replaces !== undefined && isOpaqueToken(replaces)) {
          await tx.webSessions.remove(hashOpaqueToken(replaces));
        }
        await tx.webSessions.create(session);
        const { userId, scope: granted, expiresAtMs } = session;
        const data = { grant, scope: granted };
        await tx.audit.append(
          { event: "session.started", outcome: "success", userId, clientId, data },
          origin,
        );
        return { token, expiresAtMs };
      };
    },

    /**
     * Who the token speaks for. Throws TOKEN_EXPIRED for a session that has ended or never was, or whose bearer token's
     * session was revoked.
     */
    async verify(token: string): Promise<CookieCaller> {
      const session = isOpaqueToken(token) ? await store.find(hashOpaqueToken(token)) : undefined;
      const nowMs = clock.nowMs();
      if (session === undefined || session.expiresAtMs <= nowMs) throw ended();
      // It is looked up anyway, so an account that was switched off is out at once.
      const account = await accounts.findById(session.userId);
      if (account?.active !== true) throw ended();
      if (nowMs - session.lastSeenAtMs >= TOUCH_EVERY_MS) {
        // On a full disk users can still look at what they have; whatever must be written will say so itself.
        await store.touch(session.hash, nowMs).catch(() => undefined);
      }
      return toCaller(session, account);
    },

    /** Ends a session; an unknown one is ended already. */
    async end(token: string): Promise<void> {
      if (isOpaqueToken(token)) await store.remove(hashOpaqueToken(token));
    },

    /** A user's browsers, newest first. */
    listLive: (userId: string) => store.listLive(userId, clock.nowMs()),

    /** Ends a session of this user; false when they have none of this id. */
    async endOf(userId: string, id: string, origin: AuditOrigin): Promise<boolean> {
      return await auth.transaction(async (tx) => {
        const live = await tx.webSessions.listLive(userId, clock.nowMs());
        const session = live.find((one) => one.id === id);
        if (session === undefined) return false;
        await tx.webSessions.remove(session.hash);
        const { clientId } = session;
        const event = {
          event: "session.revoked",
          outcome: "success",
          reason: "revoked",
          userId,
          clientId,
        } as const;
        await tx.audit.append(event, origin);
        return true;
      });
    },
  };
}

function toCaller(
  { id, userId, clientId, scope, expiresAtMs, proof }: StoredWebSession,
  { credentialsVersion }: Account,
): CookieCaller {
  return {
    credentialsVersion,
    proof,
    userId,
    clientId,
    scope: scope.split(" ").filter(Boolean),
    anonymous: false,
    kind: "user",
    expiresAtMs,
    webSessionId: id,
  };
}

/** One text for ended, signed out and never there: an attacker who tries cookies learns nothing. */
function ended(): PipitError {
  return new PipitError("TOKEN_EXPIRED", "The sign-in of this page has ended. Sign in again.");
}
