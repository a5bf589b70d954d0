import { sql, type Kysely } from "kysely";
import { SYNC_KEPT_MS, type SyncStore } from "#server/domain/sync/ports.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";

/** One parameter each: far below what a statement may have. */
const ACCOUNTS_AT_ONCE = 1_000;
/** Others wait for a removal. */
const REMOVED_AT_ONCE = 1_000;

/** {@link SyncStore} on SQL. */
export function createSyncStore(db: Kysely<Tables>): SyncStore {
  return {
    async end(userId) {
      const row = await db
        .selectFrom("sync_log")
        .select(["seq", "at_ms"])
        .where("user_id", "=", userId)
        .orderBy("seq", "desc")
        .limit(1)
        .executeTakeFirst();
      return { seq: row?.seq ?? 0, atMs: row?.at_ms ?? 0 };
    },

    async reachesBackTo(userId, { seq, atMs }) {
      const row = await db
        .selectFrom("sync_log")
        .select("at_ms")
        .where("user_id", "=", userId)
        .where("seq", "=", Math.max(1, seq))
        .executeTakeFirst();
      // Before the first change: nothing is missing while that is kept, or there is none.
      if (seq === 0) return row !== undefined || (await lastSeqs(db, [userId])).size === 0;
      return row?.at_ms === atMs;
    },

    async after(userId, seq, limit) {
      const rows = await db
        .selectFrom("sync_log")
        .selectAll()
        .where("user_id", "=", userId)
        .where("seq", ">", seq)
        .orderBy("seq")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        userId,
        kind: row.kind,
        seq: row.seq,
        atMs: row.at_ms,
        chatId: row.chat_id ?? undefined,
        turnId: row.turn_id ?? undefined,
        roomId: row.room_id ?? undefined,
        roomSeq: row.room_seq ?? undefined,
      }));
    },

    async lastSeqs(userIds) {
      const found = new Map<string, number>();
      for (let from = 0; from < userIds.length; from += ACCOUNTS_AT_ONCE) {
        for (const [id, seq] of await lastSeqs(db, userIds.slice(from, from + ACCOUNTS_AT_ONCE)))
          found.set(id, seq);
      }
      return found;
    },
  };
}

async function lastSeqs(db: Kysely<Tables>, userIds: readonly string[]) {
  const rows = await db.selectFrom("sync_heads").selectAll().where("user_id", "in", userIds).execute();
  return new Map(rows.map((row) => [row.user_id, row.last_seq]));
}

/** Removes the changes that were kept long enough, in batches; ends early when `signal` aborts. */
export async function removeOldChanges(
  db: Kysely<Tables>,
  time: DatabaseTime,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { numAffectedRows = 0n } = await sql`
      delete from sync_log where (user_id, seq) in (
        select user_id, seq from sync_log where at_ms <= ${time()} - ${sql.lit(SYNC_KEPT_MS)}
        limit ${sql.lit(REMOVED_AT_ONCE)})`.execute(db);
    if (numAffectedRows < REMOVED_AT_ONCE) return;
  }
}
