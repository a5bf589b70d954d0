import { randomUUID } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";
import { createRefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { MasterKey } from "./master-key.ts";
import type { AuthMethod, FoundToken, OauthClient, RefreshFamily, RevokeReason } from "./ports.ts";
import { createRefreshTokenMaker, type RefreshTokenMaker } from "./refresh-tokens.ts";
import { findToken, refreshSession, type RefreshRequest, type RotateOutcome } from "./sessions-refresh.ts";

/** Removed with every new session; enough to keep up with any load. */
const REMOVED_AT_ONCE = 20;
/** No redeemer of a code takes longer to make its session. */
const REPLAY_MARK_MS = 10 * 60 * 1000;

/** A sign-in that was decided. */
export interface StartRequest {
  readonly userId: string;
  readonly client: OauthClient;
  /** Space-separated; no refresh can widen it. */
  readonly scope: string;
  readonly amr: readonly AuthMethod[];
  readonly authTimeMs: number;
  /** What led to it, for the audit, e.g. "password". */
  readonly grant: string;
  /** SHA-256 of the authorization or device code that it came from. */
  readonly originHash?: string | undefined;
  readonly withRefreshToken: boolean;
  /** A code of the second factor is still owed: see {@link RefreshFamily}. */
  readonly pendingOtp?: boolean | undefined;
  /** When the person proved or approved it: a password that was changed since refuses it. Absent: not looked at. */
  readonly provenAtMs?: number | undefined;
  /** Life of the session; default: the client's absolute lifetime. */
  readonly ttlMs?: number | undefined;
}

export interface StartedSession {
  readonly sessionId: string;
  readonly refreshToken: string | undefined;
  /** Of the refresh token, or of the session when there is none. */
  readonly expiresAtMs: number;
}

/** Which session ends, and why. */
export interface RevokeRequest {
  readonly sessionId: string;
  /** Only if it is this user's. */
  readonly userId?: string | undefined;
  readonly reason: RevokeReason;
}

/**
 * Sign-ins: families of one-time refresh tokens, which access tokens name as `sid`. Every change and its audit event are
 * one transaction. All methods throw DATABASE_UNREACHABLE and STORAGE_* as the store does.
 */
export interface Sessions {
  /**
   * Throws CREDENTIALS_INVALID when the account was switched off, or got another password, since the decision, or its
   * code was used twice.
   */
  start(request: StartRequest, origin: AuditOrigin): Promise<StartedSession>;
  refresh(request: RefreshRequest, origin: AuditOrigin): Promise<RotateOutcome>;
  /** False when there is no such session (of this user), or it had ended before. */
  revoke(request: RevokeRequest, origin: AuditOrigin): Promise<boolean>;
  /** Ends the session of this token. An unknown token, or another client's, changes nothing (RFC 7009): false. */
  revokeByRefreshToken(
    request: { readonly refreshToken: string; readonly clientId: string },
    origin: AuditOrigin,
  ): Promise<boolean>;
  /**
   * Ends all sessions of a user, but the one with the id `except`, inside a transaction of the caller, who also writes
   * the audit event. Resolves to the ids of those that ended, for the guard to forget once the transaction stands:
   * before that, whoever looks still finds them live.
   */
  revokeAllOfUser(
    tx: AuthStores,
    userId: string,
    reason: RevokeReason,
    except?: string,
  ): Promise<readonly string[]>;
  /** Ends the sessions that came from a code which was used twice (RFC 6749 §4.1.2). Resolves to how many. */
  revokeByOrigin(originHash: string, origin: AuditOrigin): Promise<number>;
  /** Newest first. */
  listLive(userId: string): Promise<readonly RefreshFamily[]>;
  /** For introspection: the token with its session, if a refresh with it would be granted to the session's client. */
  findByRefreshToken(refreshToken: string): Promise<FoundToken | undefined>;
}

export interface SessionsOptions {
  readonly auth: AuthStore;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  /** What remembers for a moment that a session is live; told when one ends. */
  readonly guard: { forget(sessionId: string): void };
}

export function createSessions(options: SessionsOptions): Sessions {
  const { auth, clock, guard } = options;
  const tokens = createRefreshTokenMaker(options.masterKey);
  const forget = (sessionId: string): void => guard.forget(sessionId);
  const refusals = createRefusalAudit({ audit: auth.audit, clock });
  return {
    async start(request, origin) {
      // With every new one, so that no timer is needed.
      await auth.refreshTokens.removeEnded(clock.nowMs(), REMOVED_AT_ONCE);
      const { family, started } = await start({ auth, clock, tokens }, request, origin);
      if (await isReplayed(auth, family)) {
        await revoke(options, family, "code-replayed", origin);
        throw refused("The code was used twice. Sign in again.", "code-replayed");
      }
      return started;
    },

    refresh: (request, origin) => refreshSession({ auth, clock, tokens, refusals, forget }, request, origin),

    async revoke({ sessionId, userId, reason }, origin) {
      const family = await auth.refreshTokens.findFamily(sessionId);
      if (family === undefined || (userId !== undefined && family.userId !== userId)) return false;
      return revoke(options, family, reason, origin);
    },

    async revokeByRefreshToken({ refreshToken, clientId }, origin) {
      const found = await findToken({ auth }, refreshToken);
      return found?.family.clientId === clientId ? revoke(options, found.family, "revoked", origin) : false;
    },

    revokeAllOfUser: (tx, userId, reason, except) =>
      tx.refreshTokens.revokeOfUser(userId, reason, clock.nowMs(), except),

    async revokeByOrigin(originHash, origin) {
      const reason = "code-replayed";
      // First, and for itself: see isReplayed.
      await auth.tokenStates.removeEnded(clock.nowMs());
      await auth.tokenStates.revokeJti(replayMark(originHash), clock.nowMs() + REPLAY_MARK_MS);
      const ended = await auth.transaction(async (tx) => {
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

    listLive: (userId) => auth.refreshTokens.listLive(userId, clock.nowMs()),

    async findByRefreshToken(refreshToken) {
      const found = await findToken({ auth }, refreshToken);
      return found !== undefined && isLive(found, clock.nowMs()) ? found : undefined;
    },
  };
}

interface StartDeps {
  readonly auth: AuthStore;
  readonly clock: Clock;
  readonly tokens: RefreshTokenMaker;
}

async function start(
  { auth, clock, tokens }: StartDeps,
  request: StartRequest,
  origin: AuditOrigin,
): Promise<{ readonly family: RefreshFamily; readonly started: StartedSession }> {
  const { userId, client, scope, grant } = request;
  const nowMs = clock.nowMs();
  const family: RefreshFamily = {
    id: randomUUID(),
    userId,
    clientId: client.clientId,
    scope,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + (request.ttlMs ?? client.refreshAbsoluteSeconds * 1000),
    revokedAtMs: undefined,
    revokedReason: undefined,
    pendingOtp: request.pendingOtp ?? false,
    otpTries: 0,
    authTimeMs: request.authTimeMs,
    amr: request.amr,
    originHash: request.originHash,
    lastUsedAtMs: nowMs,
    ip: origin.ip,
    userAgent: origin.userAgent,
  };
  const first = request.withRefreshToken ? tokens.first(family, client, nowMs) : undefined;
  const about = { outcome: "success", ...aboutOf(family), data: { grant, scope } } as const;
  await auth.transaction(async (tx) => {
    // First, because it locks the account: a change of password that is under way would not see this session, nor would
    // we see the new password.
    await tx.accounts.setLastLogin(userId, nowMs);
    await checkStillSo(tx, request);
    await tx.refreshTokens.createFamily(family, first?.row);
    await tx.audit.append({ event: "session.started", ...about }, origin);
    await tx.audit.append({ event: "token.issued", ...about }, origin);
  });
  const started = {
    sessionId: family.id,
    refreshToken: first?.refreshToken,
    expiresAtMs: first?.row.expiresAtMs ?? family.expiresAtMs,
  };
  return { family, started };
}

/**
 * A code may be used for the second time while its first use still makes the session, which that replay then cannot find.
 * So the replay leaves a mark before it looks for sessions, and a session looks for the mark after it was made: in
 * whatever order they come, one sees the other.
 */
async function isReplayed(
  auth: AuthStore,
  { originHash, userId, clientId }: RefreshFamily,
): Promise<boolean> {
  if (originHash === undefined) return false;
  const jti = replayMark(originHash);
  return (await auth.tokenStates.find({ sid: undefined, userId, clientId, jti })).jtiRevoked;
}

/** Cannot be the id of a token: those are UUIDs. */
function replayMark(originHash: string): string {
  return `replayed:${originHash}`;
}

/** The decision may be minutes old: a code is redeemed after its approval. What was approved once must not outlive it. */
async function checkStillSo(tx: AuthStores, { userId, provenAtMs }: StartRequest): Promise<void> {
  const account = await tx.accounts.findById(userId);
  if (account === undefined || !account.active) {
    throw refused("This account is switched off.", "account-inactive");
  }
  if (provenAtMs === undefined) return;
  const credentials = await tx.accounts.credentialsOf(userId);
  if ((credentials?.passwordChangedAtMs ?? 0) > provenAtMs) {
    throw refused("The password was changed meanwhile. Sign in again.", "password-changed");
  }
}

function refused(message: string, detail: string): PipitError {
  return new PipitError("CREDENTIALS_INVALID", message, { detail });
}

async function revoke(
  { auth, clock, guard }: SessionsOptions,
  family: RefreshFamily,
  reason: RevokeReason,
  origin: AuditOrigin,
): Promise<boolean> {
  const ended = await auth.transaction(async (tx) => {
    if (!(await tx.refreshTokens.revokeFamily(family.id, reason, clock.nowMs()))) return false;
    await tx.audit.append(
      { event: "session.revoked", outcome: "success", reason, ...aboutOf(family) },
      origin,
    );
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

function aboutOf(family: RefreshFamily): Pick<AuditEvent, "userId" | "clientId" | "familyId"> {
  return { userId: family.userId, clientId: family.clientId, familyId: family.id };
}
