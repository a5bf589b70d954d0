import type { Kysely } from "kysely";
import type { WebSessionStore } from "#server/domain/accounts/ports.ts";
import type { Tables } from "./schema.ts";
import { rowOf } from "./stored-values.ts";

/** {@link WebSessionStore} on SQL. */
export function createWebSessionStore(db: Kysely<Tables>): WebSessionStore {
  return {
    async create(session) {
      await db.insertInto("web_sessions").values(rowOf(session)).execute();
    },

    async find(hash) {
      const row = await db
        .selectFrom("web_sessions as session")
        .leftJoin("refresh_families as family", "family.id", "session.family_id")
        .leftJoin("oauth_clients as client", "client.client_id", "session.client_id")
        .selectAll("session")
        .where("session.hash", "=", hash)
        .where(({ and, eb, or }) =>
          or([
            eb("session.family_id", "is", null),
            and([eb("family.id", "is not", null), eb("family.revoked_at_ms", "is", null)]),
          ]),
        )
        .where(({ eb, or }) =>
          // Built-in clients are seeded by a server that starts, and a tool may look before one ever did.
          or([eb("client.client_id", "is", null), eb("client.is_active", "=", 1)]),
        )
        .executeTakeFirst();
      return (
        row && {
          hash: row.hash,
          userId: row.user_id,
          clientId: row.client_id,
          scope: row.scope,
          createdAtMs: row.created_at_ms,
          lastSeenAtMs: row.last_seen_at_ms,
          expiresAtMs: row.expires_at_ms,
          familyId: row.family_id ?? undefined,
        }
      );
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
