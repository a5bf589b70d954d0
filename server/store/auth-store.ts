import type { Kysely } from "kysely";
import type { AuditLog } from "#server/domain/audit/ports.ts";
import type { AuthStore, AuthStores } from "#server/domain/auth-store.ts";
import type { RotationStore } from "#server/domain/tokens/ports.ts";
import { createAccountStore } from "./sql/account-store.ts";
import { createApiKeyStore } from "./sql/api-key-store.ts";
import { databaseNowMs, type DatabaseTime } from "./sql/database-time.ts";
import { createMasterKeyStore } from "./sql/master-key-store.ts";
import { createMemoryStore } from "./sql/memory-store.ts";
import { createModelConnectionStore } from "./sql/model-connection-store.ts";
import { createOauthClientStore } from "./sql/oauth-client-store.ts";
import { createRefreshTokenStore } from "./sql/refresh-token-store.ts";
import { createProjectStore } from "./sql/project-store.ts";
import { createRoomMemberStore } from "./rooms/room-member-store.ts";
import type { RoomTurns } from "./rooms/room-turns.ts";
import type { Tables } from "./sql/schema.ts";
import { createOneTimeStore } from "./sql/one-time-store.ts";
import { createSigningKeyStore } from "./sql/signing-key-store.ts";
import { createTokenStateStore } from "./sql/token-state-store.ts";
import { createTokenLimitStore } from "./usage/token-limit-store.ts";
import { createTotpStore } from "./sql/totp-store.ts";
import { following } from "./sql/following.ts";
import type { SyncLog } from "./sync/sync-log.ts";
import { createWebSessionStore } from "./sql/web-session-store.ts";

export interface AuthStoreOptions {
  /** Makes the log that writes by `db`, which may be a transaction. */
  readonly auditLogFor: (db: Kysely<Tables>) => AuditLog;
  readonly time: DatabaseTime;
  readonly rotations: RotationStore;
  /** Where its changes are written for those who follow an account. */
  readonly sync: SyncLog;
  readonly roomTurns: RoomTurns;
  /** Told of changes that a memory file shows, before their transaction ends. */
  readonly onChanged?: () => void;
}

const MEMORY_CHANGES = ["add", "update", "remove", "restore", "removeAll"] as const;

/**
 * {@link AuthStore} on SQL. Work inside `transaction` must use the stores it is given and no others: on SQLite the
 * others wait for the end of the transaction, which would then wait for them. It is run again after a conflict with
 * another transaction (see {@link inTransaction}), so it must do nothing that a rollback does not undo.
 */
export function createAuthStore(
  db: Kysely<Tables>,
  { auditLogFor, time, rotations, sync, roomTurns, onChanged = () => {} }: AuthStoreOptions,
): AuthStore {
  const storesOn = (connection: Kysely<Tables>): AuthStores => ({
    accounts: following(createAccountStore(connection, time, sync), ["create", "update"], onChanged),
    totp: createTotpStore(connection),
    webSessions: createWebSessionStore(connection),
    oneTime: createOneTimeStore(connection, time),
    masterKeys: createMasterKeyStore(connection),
    signingKeys: createSigningKeyStore(connection),
    refreshTokens: createRefreshTokenStore(connection),
    tokenStates: createTokenStateStore(connection),
    clients: createOauthClientStore(connection),
    apiKeys: createApiKeyStore(connection),
    modelConnection: createModelConnectionStore(connection),
    tokenLimits: createTokenLimitStore(connection),
    memories: following(createMemoryStore(connection, time, sync), MEMORY_CHANGES, onChanged),
    projects: createProjectStore(connection, sync),
    roomMembers: createRoomMemberStore({ db: connection, time, sync, turns: roomTurns }),
    audit: auditLogFor(connection),
    nowMs: () => databaseNowMs(connection, time),
  });
  return {
    ...storesOn(db),
    rotations,
    transaction: (work) => sync.transaction(db, (trx) => work(storesOn(trx))),
  };
}
