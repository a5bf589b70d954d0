import { sql, type Transaction } from "kysely";
import { withoutText } from "#contract/attached-file.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { BeginTurn, Turn } from "#server/domain/chats/ports.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import { leaseEnd, leaseIsOver, type DatabaseTime } from "../sql/database-time.ts";
import { titleFrom } from "#server/domain/chats/title.ts";
import { chatNotFound } from "./chat-store.ts";
import type { Tables, TurnRow } from "../sql/schema.ts";
import { fileChanged } from "../sql/memory-file-store.ts";
import { NO_ANSWER, toTurn } from "./turn-rows.ts";

/** A turn changes hands between our look and our update about never; several times in a row, not at all. */
const MAX_TAKE_OVER_ATTEMPTS = 3;

interface Begun {
  readonly turn: Turn;
  readonly begun: boolean;
}

/** `TurnStore.begin` in the caller's transaction. */
export async function beginTurn(
  trx: Transaction<Tables>,
  index: TurnIndex,
  time: DatabaseTime,
  request: BeginTurn,
): Promise<Begun> {
  const known = await findByMessage(trx, request);
  if (known !== undefined) return takeOver(trx, index, time, request, known);
  // Also the lock that keeps two beginnings in one chat from taking the same index (PostgreSQL).
  const head = await touchChat(trx, request.userId, request.chatId, request.nowMs);
  const parentTurnId = await parentOf(trx, request, head);
  const row = await trx
    .insertInto("turns")
    .values((eb) => ({
      id: request.turnId,
      chat_id: request.chatId,
      user_id: request.userId,
      client_message_id: request.clientMessageId ?? null,
      parent_turn_id: parentTurnId,
      turn_index: eb
        .selectFrom("turns")
        .select((e) => sql<number>`${e.fn.coalesce(e.fn.max("turn_index"), sql.lit(-1))} + 1`.as("next"))
        .where("chat_id", "=", request.chatId),
      user_text: request.userText,
      created_at_ms: request.nowMs,
      deleted_at_ms: null,
      undo: null,
      ...unanswered(request, time),
    }))
    .onConflict((c) => c.columns(["user_id", "client_message_id"]).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    // Another process inserted it between our look and our insert (PostgreSQL; SQLite has one writer).
    const winner = await findByMessage(trx, request);
    if (winner === undefined) throw chatNotFound();
    return takeOver(trx, index, time, request, winner);
  }
  await trx
    .updateTable("chats")
    .set({ head_turn_id: row.id, ...(row.turn_index > 0 && { title: titleUnlessKept(request) }) })
    .where("id", "=", row.chat_id)
    .execute();
  await keepPicture(trx, row.id, request);
  await keepFiles(trx, row.id, request);
  return { turn: toTurn(row), begun: true };
}

/** The title went with what it was made of, if all of a chat was deleted. */
function titleUnlessKept({ userText }: BeginTurn) {
  return sql<string>`case title when '' then ${titleFrom(userText)} else title end`;
}

/** Marks the user's chat as changed, and locks it. Resolves to its head. Throws CHAT_NOT_FOUND. */
async function touchChat(
  trx: Transaction<Tables>,
  userId: string,
  chatId: string,
  nowMs: number,
): Promise<string | null> {
  const chat = await touched(trx, userId, chatId, nowMs);
  if (chat === undefined) throw chatNotFound();
  return chat.head_turn_id;
}

/**
 * {@link touchChat}; undefined for a chat that was deleted. `change`: of what its file shows; without a time the chat keeps its
 * place in the list.
 */
export async function touched(
  trx: Transaction<Tables>,
  userId: string,
  chatId: string,
  nowMs: number | undefined,
  change?: "shown",
) {
  return trx
    .updateTable("chats")
    .set({ ...(nowMs !== undefined && { updated_at_ms: nowMs }), ...(change === "shown" && fileChanged) })
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .returning("head_turn_id")
    .executeTakeFirst();
}

async function parentOf(
  trx: Transaction<Tables>,
  { chatId, parentTurnId }: BeginTurn,
  head: string | null,
): Promise<string | null> {
  if (parentTurnId === undefined) return head;
  if (parentTurnId === "") return null;
  const parent = await trx
    .selectFrom("turns")
    .select(["id", "parent_turn_id", "deleted_at_ms"])
    .where("id", "=", parentTurnId)
    .where("chat_id", "=", chatId)
    .executeTakeFirst();
  if (parent === undefined) {
    throw invalidField(
      "parent_turn_id",
      "there is no such turn in this chat. Leave it out to ask at its end.",
    );
  }
  // One that was deleted meanwhile still knows what it followed, and that is never a deleted one.
  return parent.deleted_at_ms === null ? parent.id : parent.parent_turn_id;
}

/** @throws PipitError CHAT_NOT_FOUND when its chat, whichever the request names, was deleted */
async function findByMessage(trx: Transaction<Tables>, request: BeginTurn): Promise<TurnRow | undefined> {
  if (request.clientMessageId === undefined) return undefined;
  const found = await trx
    .selectFrom("turns")
    .innerJoin("chats", "chats.id", "turns.chat_id")
    .selectAll("turns")
    .select("chats.deleted_at_ms as chat_deleted_at_ms")
    .where("turns.user_id", "=", request.userId)
    .where("turns.client_message_id", "=", request.clientMessageId)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const { chat_deleted_at_ms: chatDeletedAtMs, ...turn } = found;
  if (chatDeletedAtMs !== null) throw chatNotFound();
  return turn;
}

/** Restarts a known turn if no server is answering or has answered it; the guard is in the UPDATE itself. */
async function takeOver(
  trx: Transaction<Tables>,
  index: TurnIndex,
  time: DatabaseTime,
  request: BeginTurn,
  known: TurnRow,
): Promise<Begun> {
  let seen = known;
  for (let attempt = 0; attempt < MAX_TAKE_OVER_ATTEMPTS; attempt++) {
    if (seen.deleted_at_ms !== null) throw messageDeleted();
    const row = await restart(trx, time, request, known.id);
    if (row !== undefined) {
      await index.remove(trx, [row.id]);
      await touchChat(trx, row.user_id, row.chat_id, request.nowMs);
      await keepPicture(trx, row.id, request);
      await keepFiles(trx, row.id, request);
      return { turn: toTurn(row), begun: true };
    }
    // Another process may have taken it, or ended it, since we looked (PostgreSQL): tell what it is now.
    const now = await trx.selectFrom("turns").selectAll().where("id", "=", known.id).executeTakeFirst();
    if (now === undefined) throw chatNotFound();
    seen = now;
    if (now.status === "running" || now.status === "done") break;
  }
  return { turn: toTurn(seen), begun: false };
}

/** A turn that is asked, or asked again: it has no answer yet, and the server that asks holds it. */
function unanswered({ ownerId, leaseMs, hadImage, files = [] }: BeginTurn, time: DatabaseTime) {
  return {
    status: "running",
    had_image: hadImage ? 1 : 0,
    files: files.length === 0 ? null : JSON.stringify(files.map(withoutText)),
    ...NO_ANSWER,
    input_tokens: 0,
    output_tokens: 0,
    owner_id: ownerId,
    lease_until_ms: leaseEnd(time, leaseMs),
    finished_at_ms: null,
  };
}

async function restart(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  request: BeginTurn,
  turnId: string,
): Promise<TurnRow | undefined> {
  return trx
    .updateTable("turns")
    .set(unanswered(request, time))
    .where("id", "=", turnId)
    .where("deleted_at_ms", "is", null)
    .where((eb) =>
      eb.or([
        eb("status", "in", ["failed", "cancelled"]),
        eb.and([eb("status", "=", "running"), leaseIsOver(time)]),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
}

async function keepPicture(trx: Transaction<Tables>, turnId: string, { picture }: BeginTurn): Promise<void> {
  if (picture === undefined) return;
  const { width, height } = picture;
  const jpeg = Buffer.from(picture.jpeg).toString("base64");
  await trx
    .insertInto("turn_pictures")
    .values({ turn_id: turnId, width, height, jpeg })
    .onConflict((c) => c.column("turn_id").doUpdateSet({ width, height, jpeg }))
    .execute();
}

async function keepFiles(trx: Transaction<Tables>, turnId: string, { files = [] }: BeginTurn): Promise<void> {
  if (files.length === 0) return;
  const texts = JSON.stringify(files.map(({ text }) => text));
  await trx
    .insertInto("turn_files")
    .values({ turn_id: turnId, texts })
    .onConflict((c) => c.column("turn_id").doUpdateSet({ texts }))
    .execute();
}

function messageDeleted(): PipitError {
  return new PipitError("CHAT_NOT_FOUND", "This message was deleted. Ask it anew.", {
    field: "client_message_id",
  });
}
