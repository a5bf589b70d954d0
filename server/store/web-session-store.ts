import type { Kysely } from "kysely";
import type { StoredWebSession, WebSessionStore } from "#server/domain/accounts/ports.ts";
import type { Tables } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** {@link WebSessionStore} on SQL. */
export function createWebSessionStore(db: Kysely<Tables>): WebSessionStore {
  return {
    async create(session) {
      await inTransaction(db, async (trx) => {
        // Locks the account: who ends all its sessions in this moment either sees this one, or is seen by whoever starts it.
        await trx
          .updateTable("accounts")
          .set((eb) => ({ last_login_at_ms: eb.ref("last_login_at_ms") }))
          .where("id", "=", session.userId)
          .execute();
        await trx.insertInto("web_sessions").values(toRow(session)).execute();
      });
    },

    async find(hash) {
      const row = await db.selectFrom("web_sessions").selectAll().where("hash", "=", hash).executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        hash: row.hash,
        userId: row.user_id,
        clientId: row.client_id,
        scope: row.scope,
        createdAtMs: row.created_at_ms,
        lastSeenAtMs: row.last_seen_at_ms,
        expiresAtMs: row.expires_at_ms,
      };
    },

    async touch(hash, nowMs) {
      await db.updateTable("web_sessions").set({ last_seen_at_ms: nowMs }).where("hash", "=", hash).execute();
    },

    async remove(hash) {
      await db.deleteFrom("web_sessions").where("hash", "=", hash).execute();
    },

    async removeOfUser(userId, except) {
      const { numDeletedRows } = await db
        .deleteFrom("web_sessions")
        .where("user_id", "=", userId)
        .$if(except !== undefined, (query) => query.where("hash", "!=", except ?? ""))
        .executeTakeFirst();
      return Number(numDeletedRows);
    },

    async removeExpired(nowMs) {
      await db.deleteFrom("web_sessions").where("expires_at_ms", "<=", nowMs).execute();
    },
  };
}

function toRow(session: StoredWebSession) {
  return {
    hash: session.hash,
    user_id: session.userId,
    client_id: session.clientId,
    scope: session.scope,
    created_at_ms: session.createdAtMs,
    last_seen_at_ms: session.lastSeenAtMs,
    expires_at_ms: session.expiresAtMs,
  };
}
