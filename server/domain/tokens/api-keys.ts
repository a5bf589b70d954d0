import { randomUUID } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import { FULL_SCOPE, narrowScope, scopesOf } from "./scopes.ts";

/** Begins every key, so that a scanner of repositories and logs knows one that leaked. */
const API_KEY_PREFIX = "pipit_";
/** Keys that one account may have. */
const MAX_API_KEYS = 50;
/** A key in use is written down this often, not with every request. */
const TOUCH_EVERY_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** What a caller by key is known as, where others have the name of their program. */
const CLIENT_ID = "api-key";

/** A key of an account for programs that know no sign-in, such as clients of the OpenAI API. */
export interface ApiKey {
  /** UUID; may be shown. */
  readonly id: string;
  readonly userId: string;
  /** What its owner calls it. */
  readonly name: string;
  /** Space-separated. */
  readonly scope: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** To the minute. */
  readonly lastUsedAtMs: number | undefined;
}
export interface StoredApiKey extends ApiKey {
  /** SHA-256, base64url; the key itself is never stored. */
  readonly hash: string;
}

export interface ApiKeyStore {
  add(key: StoredApiKey): Promise<void>;
  /** Of an account that is switched on. */
  find(hash: string): Promise<ApiKey | undefined>;
  /** Newest first, also those that have expired. */
  list(userId: string): Promise<readonly ApiKey[]>;
  touch(id: string, nowMs: number): Promise<void>;
  /** Resolves to whether it was there. */
  remove(userId: string, id: string): Promise<boolean>;
  removeExpired(userId: string, nowMs: number): Promise<void>;
}

/** What an owner wants of a new key. */
export interface ApiKeyRequest {
  readonly name: string;
  /** Space-separated; absent: all that the owner may do here. */
  readonly scope?: string | undefined;
  readonly days: number;
}

/** Keys of accounts: named, scoped, expiring, and shown once. */
export type ApiKeys = ReturnType<typeof createApiKeys>;

export function createApiKeys({ auth, clock }: { readonly auth: AuthStore; readonly clock: Clock }) {
  return {
    list: (userId: string) => auth.apiKeys.list(userId),

    /**
     * Makes a key that can do at most what its maker's sign-in can.
     *
     * @throws PipitError INVALID_REQUEST for a scope that is unknown or wider, and for one key too many
     */
    async create({ userId, scope: own }: Caller, request: ApiKeyRequest, origin: AuditOrigin) {
      const allowed = scopesOf(FULL_SCOPE).filter((one) => own.includes(one));
      const scope = narrowScope(request.scope, allowed.join(" "));
      if (scope === undefined) {
        throw new PipitError(
          "INVALID_REQUEST",
          `scope: a key of this sign-in can have ${allowed.join(" and ") || "none"}.`,
          { field: "scope" },
        );
      }
      const token = newOpaqueToken();
      const nowMs = clock.nowMs();
      const key: ApiKey = {
        id: randomUUID(),
        userId,
        name: request.name,
        scope,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + request.days * DAY_MS,
        lastUsedAtMs: undefined,
      };
      await auth.transaction(async (tx) => {
        await tx.apiKeys.removeExpired(userId, nowMs);
        if ((await tx.apiKeys.list(userId)).length >= MAX_API_KEYS) throw tooMany();
        await tx.apiKeys.add({ ...key, hash: hashOpaqueToken(token) });
        // Not its name: that is a text of the person, and the audit outlives the account.
        const data = { keyId: key.id, scope };
        await tx.audit.append({ event: "api_key.created", outcome: "success", userId, data }, origin);
      });
      return { key, secret: `${API_KEY_PREFIX}${token}` };
    },

    /** Ends a key at once, on all servers; false when the user has none of this id. */
    async revoke(userId: string, id: string, origin: AuditOrigin): Promise<boolean> {
      return auth.transaction(async (tx) => {
        if (!(await tx.apiKeys.remove(userId, id))) return false;
        const data = { keyId: id };
        await tx.audit.append({ event: "api_key.revoked", outcome: "success", userId, data }, origin);
        return true;
      });
    },

    /**
     * Whom a bearer token speaks for that is a key; undefined for a token of another kind.
     *
     * @throws PipitError TOKEN_INVALID, TOKEN_EXPIRED
     */
    async verify(token: string): Promise<Caller | undefined> {
      if (!token.startsWith(API_KEY_PREFIX)) return undefined;
      const secret = token.slice(API_KEY_PREFIX.length);
      const key = isOpaqueToken(secret) ? await auth.apiKeys.find(hashOpaqueToken(secret)) : undefined;
      if (key === undefined) {
        throw new PipitError("TOKEN_INVALID", "This API key is not known here, or was revoked.");
      }
      const nowMs = clock.nowMs();
      if (key.expiresAtMs <= nowMs) {
        throw new PipitError("TOKEN_EXPIRED", "This API key has expired. Make a new one.");
      }
      if (nowMs - (key.lastUsedAtMs ?? 0) >= TOUCH_EVERY_MS) {
        // On a full disk a key is still good; whatever must be written will say so itself.
        await auth.apiKeys.touch(key.id, nowMs).catch(() => undefined);
      }
      return toCaller(key);
    },
  };
}

function toCaller({ id, userId, scope, expiresAtMs }: ApiKey): Caller {
  return {
    userId,
    clientId: CLIENT_ID,
    scope: scopesOf(scope),
    anonymous: false,
    kind: "user",
    expiresAtMs,
    apiKeyId: id,
  };
}

function tooMany(): PipitError {
  return new PipitError(
    "INVALID_REQUEST",
    `There are ${MAX_API_KEYS} API keys, which is the limit. Revoke one first.`,
  );
}
