import { sql, type Kysely } from "kysely";
import type { OneTimeStore } from "#server/domain/secrets/one-time-tokens.ts";
import type { DatabaseTime } from "./database-time.ts";
import type { Tables } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** SQLite takes no offset without a limit; there never is so much. */
const MOST_REMOVED = 1_000_000;

/** {@link OneTimeStore} on SQL; by the database's time. */
export function createOneTimeStore(db: Kysely<Tables>, time: DatabaseTime): OneTimeStore {
  return {
    add: ({ hash, purpose, userId, ownerId, data }, { ttlMs, keep }) =>
      inTransaction(db, async (trx) => {
        const { expires_at_ms: expiresAtMs } = await trx
          .insertInto("one_time_tokens")
          .values({
            hash,
            purpose,
            user_id: userId,
            owner_id: ownerId,
            data,
            tries: 0,
            created_at_ms: time(),
            expires_at_ms: sql<number>`${time()} + ${ttlMs}`,
          })
          .returning("expires_at_ms")
          .executeTakeFirstOrThrow();
        // One statement: one that others commit between a look and this would be taken for too much.
        const tooMuch = trx
          .selectFrom("one_time_tokens")
          .select("hash")
          .where("purpose", "=", purpose)
          .where("owner_id", "=", ownerId)
          .where("hash", "!=", hash)
          .orderBy("created_at_ms", "desc")
          .orderBy("hash")
          .limit(MOST_REMOVED)
          .offset(keep - 1);
        await trx.deleteFrom("one_time_tokens").where("hash", "in", tooMuch).execute();
        return expiresAtMs;
      }),

    async take(purpose, hash) {
      // One statement: of two takers, one deletes the row.
      const row = await db
        .deleteFrom("one_time_tokens")
        .where("hash", "=", hash)
        .where("purpose", "=", purpose)
        .where("expires_at_ms", ">", time())
        .returning(["user_id", "data"])
        .executeTakeFirst();
      return row && { userId: row.user_id, data: row.data };
    },

    async find(purpose, hash) {
      const row = await db
        .selectFrom("one_time_tokens")
        .select(["user_id", "data"])
        .where("hash", "=", hash)
        .where("purpose", "=", purpose)
        .where("expires_at_ms", ">", time())
        .executeTakeFirst();
      return row && { userId: row.user_id, data: row.data };
    },

    async countTry(purpose, hash) {
      const row = await db
        .updateTable("one_time_tokens")
        .set({ tries: sql<number>`tries + 1` })
        .where("hash", "=", hash)
        .where("purpose", "=", purpose)
        .where("expires_at_ms", ">", time())
        .returning(["user_id", "data", "tries"])
        .executeTakeFirst();
      return row && { userId: row.user_id, data: row.data, tries: row.tries };
    },

    async removeOfUser(userId) {
      await db.deleteFrom("one_time_tokens").where("user_id", "=", userId).execute();
    },
  };
}
