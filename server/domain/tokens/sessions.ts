import { randomUUID } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { RefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { Proven } from "#server/domain/sign-in/prove.ts";
import type { Starts } from "#server/domain/sign-in/sign-in.ts";
import type { MasterKey } from "../master-key/master-key.ts";
import type { FoundToken, OauthClient, RefreshFamily, RevokeReason } from "./ports.ts";
import { createRefreshTokenMaker } from "./refresh-tokens.ts";
import {
  aboutOf,
  findToken,
  refreshSession,
  type RefreshDeps,
  type RefreshRequest,
} from "./sessions-refresh.ts";

/** No redeemer of a code takes longer to make its session. */
const CODE_MARK_MS = 10 * 60 * 1000;

/** What a sign-in is for. */
export interface StartRequest {
  readonly client: OauthClient;
  /** Space-separated; no refresh can widen it. */
  readonly scope: string;
  /** The grant that started the session, for the audit, e.g. "password". */
  readonly grant: string;
  /** SHA-256 of the authorization or device code that it came from. */
  readonly originHash?: string | undefined;
  readonly withRefreshToken: boolean;
  /** A session that owes a code may do everything without it: see {@link RefreshFamily}. */
  readonly otpOptional?: boolean | undefined;
  /** Life of the session; default: the client's absolute lifetime. */
  readonly ttlMs?: number | undefined;
}

export interface StartedSession {
  readonly sessionId: string;
  readonly refreshToken: string | undefined;
  /** End of the refresh token, or of the session when there is none. */
  readonly expiresAtMs: number;
}

/** Which session ends, and why. */
interface RevokeRequest {
  readonly sessionId: string;
  /** Ends the session only if it is this user's. */
  readonly userId?: string | undefined;
  readonly reason: RevokeReason;
}

interface SessionsOptions {
  readonly auth: AuthStore;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  /** Throws while the server's clock is wrong: see `ServerClock.requireRight`. */
  readonly requireTime?: (() => void) | undefined;
  /** What remembers for a moment that a session is live; told when one ends. */
  readonly guard: { forget(sessionId: string): void };
  readonly refusals: RefusalAudit;
}

/**
 * Sign-ins: families of one-time refresh tokens, which access tokens name as `sid`. Every change and its audit event are
 * one transaction. All methods throw DATABASE_UNREACHABLE and STORAGE_* as the store does.
 */
export type Sessions = ReturnType<typeof createSessions>;

export function createSessions(options: SessionsOptions) {
  const { auth, clock, guard, refusals } = options;
  const tokens = createRefreshTokenMaker(options.masterKey);
  const forget = (sessionId: string): void => guard.forget(sessionId);
  return {
    /** A session of tokens for who signs in. Throws CREDENTIALS_INVALID when the code it came from was used twice. */
    starts(request: StartRequest): Starts<StartedSession> {
      return (tx, who, origin) => start({ tx, clock, tokens }, request, who, origin);
    },

    async refresh(request: RefreshRequest, origin: AuditOrigin) {
      options.requireTime?.();
      return refreshSession({ auth, clock, tokens, refusals, forget }, request, origin);
    },

    /** False when there is no such session (of this user), or it had ended before. */
    async revoke({ sessionId, userId, reason }: RevokeRequest, origin: AuditOrigin): Promise<boolean> {
      const family = await auth.refreshTokens.findFamily(sessionId);
      if (family === undefined || (userId !== undefined && family.userId !== userId)) return false;
      return revoke(options, family, reason, origin);
    },

    /** Ends the session of this token. An unknown token, or another client's, changes nothing (RFC 7009): false. */
    async revokeByRefreshToken(
      { refreshToken, clientId }: { readonly refreshToken: string; readonly clientId: string },
      origin: AuditOrigin,
    ): Promise<boolean> {
      const found = await findToken({ auth }, refreshToken);
      return found?.family.clientId === clientId ? revoke(options, found.family, "revoked", origin) : false;
    },

    /** Ends the sessions that came from a code which was used twice (RFC 6749 §4.1.2). Resolves to how many. */
    async revokeByOrigin(originHash: string, origin: AuditOrigin): Promise<number> {
      const reason = "code-replayed";
      const ended = await auth.transaction(async (tx) => {
        await markCode(tx, originHash, clock.nowMs());
        const ids = await tx.refreshTokens.revokeByOrigin(originHash, reason, clock.nowMs());
        for (const familyId of ids) {
          // One after the other: they are links of one chain.
          await tx.audit.append({ event: "session.revoked", outcome: "success", reason, familyId }, origin);
        }
        return ids;
      });
      for (const sessionId of ended) forget(sessionId);
      return ended.length;
    },

    /** Newest first. */
    listLive: (userId: string) => auth.refreshTokens.listLive(userId, clock.nowMs()),

    /** For introspection: the token with its session, if a refresh with it would be granted to the session's client. */
    async findByRefreshToken(refreshToken: string): Promise<FoundToken | undefined> {
      const found = await findToken({ auth }, refreshToken);
      return found !== undefined && isLive(found, clock.nowMs()) ? found : undefined;
    },
  };
}

async function start(
  { tx, clock, tokens }: Pick<RefreshDeps, "clock" | "tokens"> & { readonly tx: AuthStores },
  request: StartRequest,
  { account, amr, authTimeMs, codeOwed }: Proven,
  origin: AuditOrigin,
): Promise<StartedSession> {
  const { client, scope, grant, originHash } = request;
  const nowMs = clock.nowMs();
  const family: RefreshFamily = {
    id: randomUUID(),
    userId: account.id,
    clientId: client.clientId,
    scope,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + (request.ttlMs ?? client.refreshAbsoluteSeconds * 1000),
    revokedAtMs: undefined,
    revokedReason: undefined,
    pendingOtp: codeOwed && request.otpOptional !== true,
    otpTries: 0,
    authTimeMs,
    amr,
    originHash,
    lastUsedAtMs: nowMs,
    ip: origin.ip,
    userAgent: origin.userAgent,
  };
  const first = request.withRefreshToken ? tokens.first(family, client, nowMs) : undefined;
  const about = { outcome: "success", ...aboutOf(family), data: { grant, scope } } as const;
  if (originHash !== undefined && !(await markCode(tx, originHash, nowMs))) {
    throw new PipitError("CREDENTIALS_INVALID", "The code was used twice. Sign in again.", {
      detail: "code-replayed",
    });
  }
  await tx.refreshTokens.createFamily(family, first?.row);
  await tx.audit.append({ event: "session.started", ...about }, origin);
  await tx.audit.append({ event: "token.issued", ...about }, origin);
  return {
    sessionId: family.id,
    refreshToken: first?.refreshToken,
    expiresAtMs: first?.row.expiresAtMs ?? family.expiresAtMs,
  };
}

/**
 * A code may be used for the second time while its first use still makes the session. Both leave the same mark, for which
 * the second waits: the session finds that of the replay and is not made, or the replay finds the session.
 *
 * @returns false when it was there
 */
function markCode(tx: AuthStores, originHash: string, nowMs: number): Promise<boolean> {
  // Cannot be the id of a token: those are UUIDs.
  return tx.tokenStates.revokeJti(`used:${originHash}`, nowMs + CODE_MARK_MS);
}

async function revoke(
  { auth, clock, guard }: SessionsOptions,
  family: RefreshFamily,
  reason: RevokeReason,
  origin: AuditOrigin,
): Promise<boolean> {
  const ended = await auth.transaction(async (tx) => {
    if (!(await tx.refreshTokens.revokeFamily(family.id, reason, clock.nowMs()))) return false;
    const about = { reason, ...aboutOf(family) };
    await tx.audit.append({ event: "session.revoked", outcome: "success", ...about }, origin);
    return true;
  });
  guard.forget(family.id);
  return ended;
}

function isLive({ token, family, usedForMs }: FoundToken, nowMs: number): boolean {
  return (
    usedForMs === undefined &&
    token.expiresAtMs > nowMs &&
    family.expiresAtMs > nowMs &&
    family.revokedAtMs === undefined &&
    !family.pendingOtp
  );
}
