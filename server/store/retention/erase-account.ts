import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { DatabaseHandle } from "../open-database.ts";
import { addEntry } from "../rooms/room-rows.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import { accountTables } from "../accounts/account-tables.ts";

/** Rows of one transaction: others wait for it. */
const BATCH = 100;

/** Not removed by account: what is said to others is emptied, the audit stays, vectors go with the words of their turns. */
const KEPT_OR_OTHERWISE: ReadonlySet<string> = new Set([
  "turns",
  "turn_vectors",
  "room_messages",
  "audit_events",
]);

interface EraseOptions {
  readonly time: DatabaseTime;
  readonly signal: AbortSignal;
  readonly onProgress: (table: string, rows: number) => void;
}

/**
 * Removes all rows of an account but its own and those of the audit, in batches, and empties what it has said in rooms,
 * where others read that something stood there. The account is switched off by then; begun again it goes on where it was.
 */
export async function eraseRowsOf(
  database: Pick<DatabaseHandle, "dialect" | "roomyDb" | "turnIndex">,
  userId: string,
  { time, signal, onProgress }: EraseOptions,
): Promise<void> {
  const { dialect, roomyDb, turnIndex } = database;
  const batches = async (
    table: string,
    remove: (trx: Transaction<Tables>) => Promise<number>,
  ): Promise<void> => {
    let total = 0;
    for (let removed = BATCH; removed > 0;) {
      signal.throwIfAborted();
      removed = await inTransaction(roomyDb, remove);
      total += removed;
      if (removed > 0) onProgress(table, total);
    }
  };
  await batches("turns", async (trx) => {
    const turns = await trx
      .selectFrom("turns")
      .select("id")
      .where("user_id", "=", userId)
      .limit(BATCH)
      .execute();
    const ids = turns.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await turnIndex.remove(trx, ids);
    // Pictures, files and summaries go with them.
    await trx.deleteFrom("turns").where("id", "in", ids).execute();
    return ids.length;
  });
  const nobody = `erased-${randomUUID()}`;
  await batches("room_messages", (trx) => emptyMessages(trx, time, userId, nobody));
  await roomyDb
    .updateTable("room_members")
    .set({ invited_by: null })
    .where("invited_by", "=", userId)
    .execute();
  // The database's own name of a row, whatever its key is.
  const row = sql.raw(dialect === "postgres" ? "ctid" : "rowid");
  for (const table of Object.keys(accountTables)) {
    if (KEPT_OR_OTHERWISE.has(table)) continue;
    await batches(table, async (trx) => {
      const { numAffectedRows = 0n } = await sql`delete from ${sql.table(table)} where ${row} in (
        select ${row} from ${sql.table(table)} where user_id = ${userId} limit ${sql.lit(BATCH)})`.execute(
        trx,
      );
      return Number(numAffectedRows);
    });
  }
}

/** All have one author afterwards, who is nobody: that they are of one person is seen, and not of whom. */
async function emptyMessages(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  userId: string,
  nobody: string,
): Promise<number> {
  const rows = await trx
    .selectFrom("room_messages")
    .select(["id", "room_id", "kind", "deleted_at_ms"])
    .where("author_id", "=", userId)
    // Rooms are locked in one order.
    .orderBy("room_id")
    .orderBy("seq")
    .limit(BATCH)
    .execute();
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return 0;
  for (const { id, room_id: roomId, kind, deleted_at_ms: deletedAtMs } of rows) {
    if (kind !== "message" || deletedAtMs !== null) continue;
    // As when its author deletes it: windows that show it hear of it.
    await addEntry(trx, time, { roomId, authorId: nobody, kind: "changed", changes: id });
  }
  await trx.deleteFrom("room_pictures").where("message_id", "in", ids).execute();
  await trx
    .updateTable("room_messages")
    .set({
      text: "",
      author_id: nobody,
      client_message_id: null,
      deleted_at_ms: sql<number | null>`case kind when 'message' then coalesce(deleted_at_ms, ${time()}) end`,
    })
    .where("id", "in", ids)
    .execute();
  return ids.length;
}
