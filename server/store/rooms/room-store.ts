import type { ExpressionBuilder, Kysely } from "kysely";
import { invalidField } from "#server/domain/invalid-field.ts";
import {
  COMMON_ROOM,
  type NewRoomMessage,
  type RoomMessage,
  type RoomStore,
} from "#server/domain/rooms/ports.ts";
import { roomNotFound } from "#server/domain/rooms/room-errors.ts";
import { isUniqueViolation } from "../errors/storage-errors.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";

/** {@link RoomStore} on SQL. */
export function createRoomStore(db: Kysely<Tables>, time: DatabaseTime): RoomStore {
  return {
    async append(message) {
      const known = await sentBefore(db, message);
      if (known !== undefined) return known;
      try {
        return await inTransaction(db, (trx) => append(trx, time, message));
      } catch (reason) {
        // Sent twice at once, and the other one was first; all that this one did is undone.
        const winner = isUniqueViolation(reason) ? await sentBefore(db, message) : undefined;
        if (winner === undefined) throw reason;
        return winner;
      }
    },

    async position(userId, roomId, messageId) {
      const room = await db
        .selectFrom("rooms")
        .select((eb) => [
          "last_seq",
          eb
            .selectFrom("room_messages")
            .select("seq")
            .whereRef("room_messages.room_id", "=", "rooms.id")
            .where("room_messages.id", "=", messageId ?? "")
            .as("seq"),
        ])
        .where("id", "=", roomId)
        .where((eb) => isMember(eb, roomId, userId))
        .executeTakeFirst();
      if (room === undefined) throw roomNotFound();
      return { lastSeq: room.last_seq, seq: room.seq ?? undefined };
    },

    async after(roomId, seq, limit) {
      const rows = await withAuthors(db)
        .where("room_id", "=", roomId)
        .where("seq", ">", seq)
        .orderBy("seq")
        .limit(limit)
        .execute();
      return rows.map(toMessage);
    },
  };
}

/** The row of the room is locked until the end, so a message is seen only after all with a smaller number. */
async function append(
  trx: Kysely<Tables>,
  time: DatabaseTime,
  { id, roomId, authorId, text, clientMessageId }: NewRoomMessage,
): Promise<RoomMessage> {
  const room = await trx
    .updateTable("rooms")
    .set((eb) => ({ last_seq: eb("last_seq", "+", 1) }))
    .where("id", "=", roomId)
    .where((eb) => isMember(eb, roomId, authorId))
    .returning("last_seq")
    .executeTakeFirst();
  if (room === undefined) throw roomNotFound();
  await trx
    .insertInto("room_messages")
    .values({
      id,
      room_id: roomId,
      seq: room.last_seq,
      author_id: authorId,
      text,
      sent_at_ms: time(),
      client_message_id: clientMessageId ?? null,
    })
    .execute();
  return toMessage(await withAuthors(trx).where("room_messages.id", "=", id).executeTakeFirstOrThrow());
}

async function sentBefore(
  db: Kysely<Tables>,
  { roomId, authorId, clientMessageId }: NewRoomMessage,
): Promise<RoomMessage | undefined> {
  if (clientMessageId === undefined) return undefined;
  const row = await withAuthors(db)
    .where("author_id", "=", authorId)
    .where("client_message_id", "=", clientMessageId)
    .executeTakeFirst();
  if (row !== undefined && row.room_id !== roomId) {
    throw invalidField("client_message_id", "it names a message in another room. Make a new UUID.");
  }
  return row && toMessage(row);
}

function isMember(eb: ExpressionBuilder<Tables, "rooms">, roomId: string, userId: string) {
  if (roomId === COMMON_ROOM) return eb.lit(true);
  const member = eb
    .selectFrom("room_members")
    .select("user_id")
    .whereRef("room_members.room_id", "=", "rooms.id")
    .where("room_members.user_id", "=", userId);
  return eb.exists(member);
}

function withAuthors(db: Kysely<Tables>) {
  return db
    .selectFrom("room_messages")
    .leftJoin("accounts", "accounts.id", "room_messages.author_id")
    .select(["room_messages.id", "room_id", "seq", "login", "text", "sent_at_ms"]);
}

function toMessage(row: {
  readonly id: string;
  readonly room_id: string;
  readonly seq: number;
  readonly login: string | null;
  readonly text: string;
  readonly sent_at_ms: number;
}): RoomMessage {
  return {
    id: row.id,
    roomId: row.room_id,
    seq: row.seq,
    author: row.login ?? "",
    text: row.text,
    sentAtMs: row.sent_at_ms,
  };
}
