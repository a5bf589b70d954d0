import { sql, type Kysely, type SelectQueryBuilder, type Transaction } from "kysely";
import type { TurnIndex } from "../search/turn-index.ts";
import { restorableSince, type DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import { fileChanged } from "../sql/memory-file-store.ts";
import { purgeRooms } from "../rooms/purge-rooms.ts";
import { removeOldChanges } from "../sync/sync-store.ts";
import { forgetSummaries } from "./summary-store.ts";
import { NO_ANSWER } from "./turn-rows.ts";

/** From the last change of a temporary chat to its end. */
const TEMPORARY_CHAT_MS = 24 * 60 * 60 * 1000;
/** Turns of one transaction: others wait for it. */
const BATCH_TURNS = 100;
/** In `deleted_at_ms`: it is wiped. A literal, as in the index of what is not, so that this serves the queries. */
const wiped = sql.lit(0);

/**
 * Wipes the texts, pictures, files and choices of what was deleted longer than RESTORE_MS ago, in batches; the ids stay,
 * but those of memories; and the changes that were kept long enough. Several servers may do so at once. Resolves to the number of chats, turns, memories and messages; ends early when `signal` aborts.
 */
export async function purgeDeleted(
  db: Kysely<Tables>,
  index: TurnIndex,
  time: DatabaseTime,
  signal: AbortSignal,
): Promise<number> {
  await removeOldChanges(db, time, signal);
  await endTemporary(db, time);
  let purged = (await purgeMemories(db, time)) + (await purgeRooms(db, signal));
  while (!signal.aborted) {
    const batch = await inTransaction(db, async (trx) => {
      const turns = await purgeTurns(trx, index, time);
      return turns === 0 ? purgeChat(trx, index, time) : turns;
    });
    if (batch === 0) break;
    purged += batch;
  }
  return purged;
}

/** Temporary chats in which nothing was said for a day: deleted, and not to be restored. */
async function endTemporary(db: Kysely<Tables>, time: DatabaseTime): Promise<void> {
  await db
    .updateTable("chats")
    .set({ deleted_at_ms: restorableSince(time), ...fileChanged })
    .where("temporary", "=", sql.lit(1))
    .where("deleted_at_ms", "is", null)
    .where("updated_at_ms", "<=", sql<number>`${time()} - ${sql.lit(TEMPORARY_CHAT_MS)}`)
    .execute();
}

/** Nothing asks for one again, so no row of it stays. */
async function purgeMemories(db: Kysely<Tables>, time: DatabaseTime): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("memories")
    .where("deleted_at_ms", "<=", restorableSince(time))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function purgeTurns(trx: Transaction<Tables>, index: TurnIndex, time: DatabaseTime): Promise<number> {
  const due = trx
    .selectFrom("turns")
    .where("deleted_at_ms", ">", wiped)
    .where("deleted_at_ms", "<=", restorableSince(time))
    .limit(BATCH_TURNS);
  await forgetTitles(trx, due.select("chat_id"), time);
  const turns = await wipe(trx)
    .where("id", "in", due.select("id"))
    // Asked again of what is locked by now: it may have been restored meanwhile (PostgreSQL).
    .where("deleted_at_ms", "<=", restorableSince(time))
    .execute();
  return forget(trx, index, turns);
}

/**
 * A chat has its title from its first question: it goes with the last turn of it. Before the turns, since all who change
 * both lock the chat first (PostgreSQL).
 */
async function forgetTitles(
  trx: Transaction<Tables>,
  chats: SelectQueryBuilder<Tables, "turns", { chat_id: string }>,
  time: DatabaseTime,
): Promise<void> {
  await trx
    .updateTable("chats")
    .set({ title: "" })
    .where("id", "in", chats)
    .where("head_turn_id", "is", null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("turns")
            .select("turns.id")
            .whereRef("turns.chat_id", "=", "chats.id")
            .where("turns.deleted_at_ms", ">", restorableSince(time)),
        ),
      ),
    )
    .execute();
}

/** A batch of a chat's turns; after the last one the chat itself. */
async function purgeChat(trx: Transaction<Tables>, index: TurnIndex, time: DatabaseTime): Promise<number> {
  const due = trx
    .selectFrom("chats")
    .select("id")
    .where("deleted_at_ms", ">", wiped)
    .where("deleted_at_ms", "<=", restorableSince(time))
    .limit(1);
  // Locks it against a restore (PostgreSQL).
  const chat = await trx
    .updateTable("chats")
    .set({ title: "", head_turn_id: null })
    .where("id", "in", due)
    .where("deleted_at_ms", "<=", restorableSince(time))
    .returning(["id", "user_id"])
    .executeTakeFirst();
  if (chat === undefined) return 0;
  const left = trx
    .selectFrom("turns")
    .select("id")
    .where("chat_id", "=", chat.id)
    .where((eb) => eb.or([eb("deleted_at_ms", "is", null), eb("deleted_at_ms", ">", wiped)]))
    .limit(BATCH_TURNS);
  const turns = await wipe(trx).where("id", "in", left).execute();
  if (turns.length > 0) return forget(trx, index, turns);
  await trx
    .deleteFrom("model_choices")
    .where("user_id", "=", chat.user_id)
    .where("chat_id", "=", chat.id)
    .execute();
  await forgetSummaries(trx, chat.id);
  await trx.updateTable("chats").set({ deleted_at_ms: wiped }).where("id", "=", chat.id).execute();
  return 1;
}

/** Leaves what tells a message that comes late that it was deleted, and a question what it is to follow instead. */
function wipe(trx: Transaction<Tables>) {
  return trx
    .updateTable("turns")
    .set({
      user_text: "",
      had_image: 0,
      files: null,
      ...NO_ANSWER,
      undo: null,
      deleted_at_ms: wiped,
      // One that is still running elsewhere must not be stored any more.
      status: sql<string>`case status when 'running' then 'cancelled' else status end`,
    })
    .returning("id");
}

async function forget(
  trx: Transaction<Tables>,
  index: TurnIndex,
  turns: readonly { readonly id: string }[],
): Promise<number> {
  const ids = turns.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await trx.deleteFrom("turn_pictures").where("turn_id", "in", ids).execute();
  await trx.deleteFrom("turn_files").where("turn_id", "in", ids).execute();
  await index.remove(trx, ids);
  return ids.length;
}
