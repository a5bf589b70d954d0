import type { Kysely } from "kysely";
import type { SignInCodeStore } from "#server/domain/accounts/ports.ts";
import type { Tables } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** {@link SignInCodeStore} on SQL. */
export function createSignInCodeStore(db: Kysely<Tables>): SignInCodeStore {
  return {
    async add(code, keep) {
      await inTransaction(db, async (trx) => {
        await trx
          .insertInto("sign_in_codes")
          .values({
            hash: code.hash,
            user_id: code.userId,
            scope: code.scope,
            created_at_ms: code.createdAtMs,
            expires_at_ms: code.expiresAtMs,
          })
          .execute();
        const newest = await trx
          .selectFrom("sign_in_codes")
          .select("hash")
          .where("user_id", "=", code.userId)
          .where("hash", "!=", code.hash)
          .orderBy("created_at_ms", "desc")
          .orderBy("hash")
          .limit(keep - 1)
          .execute();
        await trx
          .deleteFrom("sign_in_codes")
          .where("user_id", "=", code.userId)
          .where("hash", "not in", [code.hash, ...newest.map(({ hash }) => hash)])
          .execute();
      });
    },

    async take(hash, nowMs) {
      // One statement: of two takers, one deletes the row.
      const row = await db
        .deleteFrom("sign_in_codes")
        .where("hash", "=", hash)
        .where("expires_at_ms", ">", nowMs)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        hash: row.hash,
        userId: row.user_id,
        scope: row.scope,
        createdAtMs: row.created_at_ms,
        expiresAtMs: row.expires_at_ms,
      };
    },

    async removeOfUser(userId) {
      await db.deleteFrom("sign_in_codes").where("user_id", "=", userId).execute();
    },

    async removeExpired(nowMs) {
      await db.deleteFrom("sign_in_codes").where("expires_at_ms", "<=", nowMs).execute();
    },
  };
}
