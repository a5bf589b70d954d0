import type { Account } from "#server/domain/accounts/ports.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { RefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { FoundToken, OauthClient, RefreshFamily, StoredRefreshToken } from "./ports.ts";
import {
  hashOfRefreshToken,
  isRefreshToken,
  type MadeRefreshToken,
  type RefreshTokenMaker,
} from "./refresh-tokens.ts";
import { scopesOf } from "./scopes.ts";

export interface RefreshRequest {
  readonly refreshToken: string;
  /** The client that authenticated for this request. */
  readonly client: OauthClient;
  /** A subset of the session's scope for the new access token; absent means all of it (RFC 6749 §6). */
  readonly scope?: string | undefined;
}

/** Why a refresh was refused; for the audit, logs and metrics, not for the client. */
type RefreshRefusal =
  | "unknown"
  | "other-client"
  | "client-inactive"
  | "account-inactive"
  | "otp-owed"
  | "expired"
  | "revoked"
  | "reused"
  | "wider-scope";

export type RotateOutcome = ReturnType<typeof granted> | Refused;

/** The answer to a refresh that is not granted. */
interface Refused {
  readonly kind: "refused";
  /** The RFC 6749 code to answer with. */
  readonly error: "invalid_grant" | "invalid_scope";
  readonly reason: RefreshRefusal;
  /** The session's id, when there is one. */
  readonly sessionId?: string;
}

export interface RefreshDeps {
  readonly auth: AuthStore;
  readonly clock: Clock;
  readonly tokens: RefreshTokenMaker;
  /** A client can show one ended token as often as it likes. */
  readonly refusals: RefusalAudit;
  /** Told of a session that has just ended. */
  readonly forget: (sessionId: string) => void;
}

export async function findToken(
  { auth }: Pick<RefreshDeps, "auth">,
  refreshToken: string,
): Promise<FoundToken | undefined> {
  return isRefreshToken(refreshToken) ? auth.rotations.find(hashOfRefreshToken(refreshToken)) : undefined;
}

/**
 * Exchanges a refresh token for its successor (RFC 6749 §6, RFC 9700 §4.14). A refusal leaves the token as it was,
 * except reuse, which ends its family, and only it.
 */
export async function refreshSession(
  deps: RefreshDeps,
  request: RefreshRequest,
  origin: AuditOrigin,
): Promise<RotateOutcome> {
  const found = await findToken(deps, request.refreshToken);
  // Not in the audit: it concerns no account, and any client could fill the disk with it. Log and metrics have it.
  if (found === undefined) return { kind: "refused", error: "invalid_grant", reason: "unknown" };
  const attempt: Attempt = { request, origin, found };
  const { account } = found;
  const reason = checkAttempt(attempt, deps.clock.nowMs());
  if (reason !== undefined || account === undefined) {
    return refuse(deps, attempt, reason ?? "account-inactive");
  }
  const admitted: Admitted = { ...attempt, account };
  return found.usedForMs === undefined ? rotate(deps, admitted) : repeat(deps, admitted);
}

/** A refresh: the request, where it came from, and the token found for it. */
interface Attempt {
  readonly request: RefreshRequest;
  readonly origin: AuditOrigin;
  readonly found: FoundToken;
}

/** An attempt that may be granted, unless the token was used. */
interface Admitted extends Attempt {
  readonly account: Account;
}

/**
 * What can be said before the token is used up. The account is looked at anew at every redemption: what was approved
 * once must not outlive it. A *lockout* is not looked at: strangers cause it with wrong passwords, and then it must not
 * sign out the people it protects; switching an account off is an admin's decision, and it does.
 */
function checkAttempt(
  { found: { family, token, account, usedForMs }, request }: Attempt,
  nowMs: number,
): RefreshRefusal | undefined {
  if (family.clientId !== request.client.clientId) return "other-client";
  if (!request.client.active) return "client-inactive";
  if (family.revokedAtMs !== undefined) return "revoked";
  if (account?.active !== true) return "account-inactive";
  if (family.pendingOtp) return "otp-owed";
  if (family.expiresAtMs <= nowMs) return "expired";
  // A used token stays a sign of theft after its own life.
  if (usedForMs === undefined && token.expiresAtMs <= nowMs) return "expired";
  return isSubset(request.scope, family.scope) ? undefined : "wider-scope";
}

async function rotate(deps: RefreshDeps, attempt: Admitted): Promise<RotateOutcome> {
  const { rotations } = deps.auth;
  const { found, origin } = attempt;
  const { hash } = found.token;
  const { refreshToken, row } = successorOf(deps, attempt);
  if (await rotations.rotate({ hash, successor: row, event: refreshed(attempt, false), origin })) {
    return granted(attempt, refreshToken, row, false);
  }
  // Another request was first: the same client in parallel, a thief, or a logout. What is stored now decides.
  const again = await rotations.find(hash);
  return again?.usedForMs === undefined
    ? refuse(deps, attempt, again?.account?.active === false ? "account-inactive" : "revoked")
    : repeat(deps, { ...attempt, found: again });
}

/** A used token: the honest retry of a lost answer gets the same successor; anything else ends the family. */
async function repeat(deps: RefreshDeps, attempt: Admitted): Promise<RotateOutcome> {
  const { auth } = deps;
  const { found, origin, request } = attempt;
  if (found.family.revokedAtMs !== undefined) return refuse(deps, attempt, "revoked");
  // Less than nothing where the clock was set back.
  if (Math.max(found.usedForMs ?? 0, 0) < request.client.refreshGraceMs) {
    const { refreshToken, row } = successorOf(deps, attempt);
    const child = await auth.rotations.find(row.hash);
    if (child?.family.revokedAtMs !== undefined) return refuse(deps, attempt, "revoked");
    if (child !== undefined && child.usedForMs === undefined) {
      await auth.audit.append(refreshed(attempt, true), origin);
      return granted(attempt, refreshToken, child.token, true);
    }
  }
  return endReused(deps, attempt);
}

async function endReused(deps: RefreshDeps, { found, origin }: Attempt): Promise<RotateOutcome> {
  const about = { reason: "reused", ...aboutOf(found.family) } as const;
  const { familyId } = about;
  await deps.auth.transaction(async (tx) => {
    const ended = await tx.refreshTokens.revokeFamily(familyId, "reused", deps.clock.nowMs());
    await tx.audit.append({ event: "token.reuse_detected", outcome: "failure", ...about }, origin);
    if (ended) await tx.audit.append({ event: "session.revoked", outcome: "success", ...about }, origin);
  });
  deps.forget(familyId);
  return refusal("reused", familyId);
}

async function refuse(deps: RefreshDeps, attempt: Attempt, reason: RefreshRefusal): Promise<RotateOutcome> {
  const { found, origin, request } = attempt;
  await deps.refusals.record(
    {
      event: "token.refused",
      outcome: "failure",
      reason,
      ...aboutOf(found.family),
      // The client that asked; when it shows another client's token, not the one the token was issued to.
      clientId: request.client.clientId,
      data: { grant: "refresh_token" },
    },
    origin,
  );
  return refusal(reason, found.family.id);
}

function refusal(reason: RefreshRefusal, sessionId: string): Refused {
  const error = reason === "wider-scope" ? "invalid_scope" : "invalid_grant";
  return { kind: "refused", error, reason, sessionId };
}

function refreshed({ found: { family, token } }: Attempt, replayed: boolean): AuditEvent {
  return {
    event: "token.refreshed",
    outcome: "success",
    ...aboutOf(family),
    data: { generation: token.generation + 1, ...(replayed ? { replayed } : {}) },
  };
}

function granted(
  { found: { family }, request, account }: Admitted,
  refreshToken: string,
  row: StoredRefreshToken,
  replayed: boolean,
) {
  return {
    kind: "rotated" as const,
    refreshToken,
    /** End of the refresh token. */
    expiresAtMs: row.expiresAtMs,
    sessionId: family.id,
    account,
    /** Of the access token to issue now. */
    scope: stillAllowed(request.scope ?? family.scope, request.client),
    authTimeMs: family.authTimeMs,
    amr: family.amr,
    /** True when a retry got the successor that already existed. */
    replayed,
  };
}

/** Whom and what an event of a session concerns. */
export function aboutOf({ id, userId, clientId }: RefreshFamily) {
  return { userId, clientId, familyId: id };
}

function successorOf({ tokens, clock }: RefreshDeps, { found, request }: Attempt): MadeRefreshToken {
  return tokens.successor(request.refreshToken, found.token, found.family, request.client, clock.nowMs());
}

/** A client may have lost a scope since the sign-in: a token of today is for no more than it may have today. */
function stillAllowed(scope: string, client: OauthClient): string {
  const allowed = new Set(scopesOf(client.scope));
  return scopesOf(scope)
    .filter((one) => allowed.has(one))
    .join(" ");
}

function isSubset(asked: string | undefined, whole: string): boolean {
  if (asked === undefined) return true;
  const allowed = new Set(whole.split(" "));
  const wanted = asked.split(" ").filter(Boolean);
  return wanted.length > 0 && wanted.every((one) => allowed.has(one));
}
