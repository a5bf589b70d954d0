import type { Kysely } from "kysely";
import type { ApiKey, ApiKeyStore } from "#server/domain/tokens/api-keys.ts";
import type { Tables } from "./schema.ts";
import { rowOf } from "./stored-values.ts";

/** {@link ApiKeyStore} on SQL. */
export function createApiKeyStore(db: Kysely<Tables>): ApiKeyStore {
  return {
    async add(key) {
      await db.insertInto("api_keys").values(rowOf(key)).execute();
    },

    async find(hash) {
      const row = await db
        .selectFrom("api_keys as key")
        .innerJoin("accounts as account", "account.id", "key.user_id")
        .selectAll("key")
        .where("key.hash", "=", hash)
        .where("account.is_active", "=", 1)
        .executeTakeFirst();
      return row && toApiKey(row);
    },

    async list(userId) {
      const rows = await db
        .selectFrom("api_keys")
        .selectAll()
        .where("user_id", "=", userId)
        .orderBy("created_at_ms", "desc")
        .orderBy("id")
        .execute();
      return rows.map(toApiKey);
    },

    async touch(id, nowMs) {
      await db.updateTable("api_keys").set({ last_used_at_ms: nowMs }).where("id", "=", id).execute();
    },

    async remove(userId, id) {
      const { numDeletedRows } = await db
        .deleteFrom("api_keys")
        .where("user_id", "=", userId)
        .where("id", "=", id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async removeExpired(userId, nowMs) {
      await db
        .deleteFrom("api_keys")
        .where("user_id", "=", userId)
        .where("expires_at_ms", "<=", nowMs)
        .execute();
    },
  };
}

function toApiKey(row: Tables["api_keys"]): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    scope: row.scope,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    lastUsedAtMs: row.last_used_at_ms ?? undefined,
  };
}
