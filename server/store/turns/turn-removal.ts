import type { Kysely, Transaction } from "kysely";
import { chatNotFound } from "./chat-store.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import { restorableSince, type DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { indexRestored } from "./restoring.ts";
import { fileChanged } from "../sql/memory-file-store.ts";
import { forgetSummaries } from "./summary-store.ts";
import { newestBelow } from "./turn-tree.ts";

/** What the deletion of a turn changed. */
interface Undo {
  /** What followed it; follows its parent since. */
  readonly children: readonly string[];
  /** Where the head went, if it was the turn. */
  readonly head?: string | null;
}

/** `TurnStore.remove`. */
export async function removeTurn(
  trx: Transaction<Tables>,
  index: TurnIndex,
  time: DatabaseTime,
  userId: string,
  chatId: string,
  turnId: string,
): Promise<void> {
  const headTurnId = await lockChat(trx, userId, chatId);
  await forgetSummaries(trx, chatId);
  const turn = await turnIn(trx, chatId, turnId)
    .select("parent_turn_id")
    .where("deleted_at_ms", "is", null)
    .executeTakeFirst();
  if (turn === undefined) throw chatNotFound();
  // Deleted ones too: what they follow is never a deleted turn.
  const children = await trx
    .updateTable("turns")
    .set({ parent_turn_id: turn.parent_turn_id })
    .where("chat_id", "=", chatId)
    .where("parent_turn_id", "=", turnId)
    .returning("id")
    .execute();
  await trx.updateTable("turns").set({ deleted_at_ms: time() }).where("id", "=", turnId).execute();
  await index.remove(trx, [turnId]);
  let undo: Undo = { children: children.map(({ id }) => id) };
  if (headTurnId === turnId) {
    const head = (await newestBelow(trx, chatId, turn.parent_turn_id)) ?? null;
    await setHead(trx, chatId, head);
    undo = { ...undo, head };
  }
  await trx
    .updateTable("turns")
    .set({ undo: JSON.stringify(undo) })
    .where("id", "=", turnId)
    .execute();
}

/** `TurnStore.restore`. Resolves to whether its index entry is to be completed. */
export async function restoreTurn(
  trx: Transaction<Tables>,
  index: TurnIndex,
  time: DatabaseTime,
  userId: string,
  chatId: string,
  turnId: string,
): Promise<boolean> {
  const headTurnId = await lockChat(trx, userId, chatId);
  await forgetSummaries(trx, chatId);
  // First, since it locks the turn against being wiped by another server (PostgreSQL).
  const turn = await trx
    .updateTable("turns")
    .set({ deleted_at_ms: null })
    .where("id", "=", turnId)
    .where("chat_id", "=", chatId)
    .where("deleted_at_ms", ">", restorableSince(time))
    .returning(["parent_turn_id", "undo"])
    .executeTakeFirst();
  if (turn === undefined || turn.undo === null) throw chatNotFound();
  const undo = JSON.parse(turn.undo) as Undo;
  if (undo.children.length > 0) {
    await trx
      .updateTable("turns")
      .set({ parent_turn_id: turnId })
      .where("id", "in", undo.children)
      // What was hung elsewhere since stays there.
      .where("parent_turn_id", turn.parent_turn_id === null ? "is" : "=", turn.parent_turn_id)
      .execute();
  }
  await trx.updateTable("turns").set({ undo: null }).where("id", "=", turnId).execute();
  if (undo.head !== undefined && undo.head === headTurnId) await setHead(trx, chatId, turnId);
  return indexRestored(trx, index, turnIn(trx, chatId, turnId));
}

function turnIn(trx: Transaction<Tables>, chatId: string, turnId: string) {
  return trx.selectFrom("turns").where("id", "=", turnId).where("chat_id", "=", chatId);
}

async function setHead(db: Kysely<Tables>, chatId: string, head: string | null): Promise<void> {
  await db.updateTable("chats").set({ head_turn_id: head }).where("id", "=", chatId).execute();
}

/** Locks a chat of the user (PostgreSQL; SQLite has one writer), lets its file be written, and resolves to its head. Throws CHAT_NOT_FOUND. */
async function lockChat(trx: Transaction<Tables>, userId: string, chatId: string): Promise<string | null> {
  const chat = await trx
    .updateTable("chats")
    .set(fileChanged)
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .returning("head_turn_id")
    .executeTakeFirst();
  if (chat === undefined) throw chatNotFound();
  return chat.head_turn_id;
}
