import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "#server/domain/clock.ts";
import type { MasterKey } from "./master-key.ts";
import type { RefreshFamily, RefreshTokenStore, StoredRefreshToken } from "./ports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Life of one refresh token (contracts §3). */
export const REFRESH_TOKEN_TTL_MS = 30 * DAY_MS;
/** No sign-in lasts longer than this, however often it is refreshed. */
export const REFRESH_FAMILY_TTL_MS = 180 * DAY_MS;
/** How long a retry of the same refresh gets the same successor (contracts §3); 0 is strict. */
export const REFRESH_GRACE_MS = 10_000;
/** 256 bits; RFC 6749 §10.10 wants at least 160. */
const TOKEN_BYTES = 32;
const PREFIX = "prt_";
const shape = /^prt_[A-Za-z0-9_-]{43}$/;

export interface RefreshTokenRequest {
  readonly userId: string;
  readonly clientId: string;
  /** Space-separated scope of the sign-in; no refresh can widen it. */
  readonly scope: string;
}

export interface IssuedRefreshToken {
  readonly refreshToken: string;
  readonly familyId: string;
  readonly expiresAtMs: number;
}

export interface RotateRequest {
  readonly refreshToken: string;
  readonly clientId: string;
  /** A subset of the sign-in's scope for the new access token; absent means all of it (RFC 6749 §6). */
  readonly scope?: string | undefined;
  /** Overrides the grace for one client; 0 is strict. */
  readonly graceMs?: number | undefined;
}

/** `error` is the RFC 6749 code to answer with; `reason` is for logs and metrics, not for the client. */
export type RotateOutcome =
  | (IssuedRefreshToken & {
      readonly kind: "rotated";
      readonly userId: string;
      readonly clientId: string;
      /** Scope of the access token to issue now. */
      readonly scope: string;
      /** True when a retry got the successor that already existed. */
      readonly replayed: boolean;
    })
  | {
      readonly kind: "refused";
      readonly error: "invalid_grant";
      readonly reason: "unknown" | "other-client" | "expired" | "revoked" | "reused";
      /** Of the family, when there is one; for the audit. */
      readonly familyId?: string;
    }
  | {
      readonly kind: "refused";
      readonly error: "invalid_scope";
      readonly reason: "wider-scope";
      readonly familyId: string;
    };

export interface RefreshTokens {
  /** Starts a family: one sign-in. */
  issue(request: RefreshTokenRequest): Promise<IssuedRefreshToken>;
  /** Exchanges a token for its successor. A refusal leaves the token as it was, except reuse, which ends its family. */
  rotate(request: RotateRequest): Promise<RotateOutcome>;
  /** Ends the family of this token. An unknown token, or another client's, changes nothing (RFC 7009). */
  revoke(request: { readonly refreshToken: string; readonly clientId: string }): Promise<void>;
}

export interface RefreshTokensOptions {
  readonly store: RefreshTokenStore;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  /** Default {@link REFRESH_GRACE_MS}. */
  readonly graceMs?: number;
}

/**
 * One-time refresh tokens in families. The successor is computed from its parent with a key that is not in the
 * database, so a lost answer can be repeated without storing any token, and a family never has two live leaves.
 */
export function createRefreshTokens(options: RefreshTokensOptions): RefreshTokens {
  const { store, clock } = options;
  const context: Context = {
    store,
    clock,
    successorKey: options.masterKey.derive("refresh-successor"),
    graceMs: options.graceMs ?? REFRESH_GRACE_MS,
  };
  return {
    async issue({ userId, clientId, scope }) {
      const nowMs = clock.nowMs();
      const refreshToken = PREFIX + randomBytes(TOKEN_BYTES).toString("base64url");
      const family: RefreshFamily = {
        id: randomUUID(),
        userId,
        clientId,
        scope,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + REFRESH_FAMILY_TTL_MS,
        revokedAtMs: undefined,
      };
      const first = tokenRow(refreshToken, family, 0, nowMs);
      await store.createFamily(family, first);
      return { refreshToken, familyId: family.id, expiresAtMs: first.expiresAtMs };
    },

    rotate: (request) => rotate(context, request),

    async revoke({ refreshToken, clientId }) {
      const found = await find(store, refreshToken);
      if (found?.family.clientId === clientId) await store.revokeFamily(found.family.id, clock.nowMs());
    },
  };
}

interface Context {
  readonly store: RefreshTokenStore;
  readonly clock: Clock;
  readonly successorKey: Buffer;
  readonly graceMs: number;
}
interface Found {
  readonly token: StoredRefreshToken;
  readonly family: RefreshFamily;
}

async function rotate(context: Context, request: RotateRequest): Promise<RotateOutcome> {
  const { store, clock } = context;
  const found = await find(store, request.refreshToken);
  if (found === undefined) return refuse("unknown");
  const refusal = checkFound(found, request, clock.nowMs());
  if (refusal !== undefined) return refusal;
  if (found.token.consumedAtMs !== undefined) return repeat(context, request, found);

  const nowMs = clock.nowMs();
  const successor = successorOf(context, request.refreshToken, found);
  const row = tokenRow(successor, found.family, found.token.generation + 1, nowMs);
  if (await store.rotate(found.token.hash, row, nowMs)) return granted(found, request, successor, row, false);
  // Somebody was first: the same client in parallel, a thief, or a logout. What is stored now decides.
  const again = await find(store, request.refreshToken);
  return again === undefined || again.token.consumedAtMs === undefined
    ? refuse("revoked", found)
    : repeat(context, request, again);
}

/** What can be said before the token is used up. */
function checkFound(found: Found, request: RotateRequest, nowMs: number): RotateOutcome | undefined {
  const { family, token } = found;
  if (family.clientId !== request.clientId) return refuse("other-client", found);
  if (family.revokedAtMs !== undefined) return refuse("revoked", found);
  if (family.expiresAtMs <= nowMs) return refuse("expired", found);
  // A used token stays a sign of theft after its own life.
  if (token.consumedAtMs === undefined && token.expiresAtMs <= nowMs) return refuse("expired", found);
  if (!isSubset(request.scope, family.scope)) {
    return { kind: "refused", error: "invalid_scope", reason: "wider-scope", familyId: family.id };
  }
  return undefined;
}

/** A used token: the honest retry of a lost answer gets the same successor; anything else ends the family. */
async function repeat(context: Context, request: RotateRequest, found: Found): Promise<RotateOutcome> {
  const { store, clock } = context;
  if (found.family.revokedAtMs !== undefined) return refuse("revoked", found);
  const usedForMs = clock.nowMs() - (found.token.consumedAtMs ?? 0);
  const successor = successorOf(context, request.refreshToken, found);
  if (usedForMs < (request.graceMs ?? context.graceMs)) {
    const child = await find(store, successor);
    if (child?.family.revokedAtMs !== undefined) return refuse("revoked", found);
    if (child !== undefined && child.token.consumedAtMs === undefined) {
      return granted(found, request, successor, child.token, true);
    }
  }
  await store.revokeFamily(found.family.id, clock.nowMs());
  return refuse("reused", found);
}

function granted(
  { family }: Found,
  request: RotateRequest,
  refreshToken: string,
  row: StoredRefreshToken,
  replayed: boolean,
): RotateOutcome {
  return {
    kind: "rotated",
    refreshToken,
    familyId: family.id,
    expiresAtMs: row.expiresAtMs,
    userId: family.userId,
    clientId: family.clientId,
    scope: request.scope ?? family.scope,
    replayed,
  };
}

function refuse(
  reason: "unknown" | "other-client" | "expired" | "revoked" | "reused",
  found?: Found,
): RotateOutcome {
  const refusal = { kind: "refused", error: "invalid_grant", reason } as const;
  return found === undefined ? refusal : { ...refusal, familyId: found.family.id };
}

async function find(store: RefreshTokenStore, refreshToken: string): Promise<Found | undefined> {
  return shape.test(refreshToken) ? store.find(hashOf(refreshToken)) : undefined;
}

function successorOf(context: Context, refreshToken: string, { token, family }: Found): string {
  return (
    PREFIX +
    createHmac("sha256", context.successorKey)
      .update(`${family.id}\n${token.generation + 1}\n${refreshToken}`)
      .digest("base64url")
  );
}

function tokenRow(
  refreshToken: string,
  family: RefreshFamily,
  generation: number,
  nowMs: number,
): StoredRefreshToken {
  return {
    hash: hashOf(refreshToken),
    familyId: family.id,
    generation,
    expiresAtMs: Math.min(nowMs + REFRESH_TOKEN_TTL_MS, family.expiresAtMs),
    consumedAtMs: undefined,
  };
}

function hashOf(refreshToken: string): string {
  return createHash("sha256").update(refreshToken).digest("base64url");
}

function isSubset(asked: string | undefined, whole: string): boolean {
  if (asked === undefined) return true;
  const allowed = new Set(whole.split(" "));
  const wanted = asked.split(" ").filter(Boolean);
  return wanted.length > 0 && wanted.every((one) => allowed.has(one));
}
