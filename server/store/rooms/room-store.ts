import type { Kysely, Transaction } from "kysely";
import type { Picture } from "#server/domain/chats/ports.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type {
  HistoryPage,
  HistoryPlace,
  NewRoomMessage,
  RoomEntry,
  RoomPosition,
  RoomStore,
} from "#server/domain/rooms/ports.ts";
import {
  emptyMessage,
  isAnswer,
  noSuchMessage,
  notTheAuthor,
  roomNotFound,
} from "#server/domain/rooms/room-errors.ts";
import { isUniqueViolation } from "../errors/storage-errors.ts";
import type { Tables } from "../sql/schema.ts";
import { leaseEnd } from "../sql/database-time.ts";
import { noteMentions } from "./mentions.ts";
import {
  addEntry,
  changingRoom,
  isMember,
  messageIn,
  readEntries,
  stateIn,
  type EntryQuery,
  type RoomTables,
} from "./room-rows.ts";
import { roomsOf } from "./room-summaries.ts";

/** One parameter each: far below what a statement may have. */
const ROOMS_AT_ONCE = 1_000;

/** {@link RoomStore} on SQL. */
export function createRoomStore(tables: RoomTables): RoomStore {
  const { db } = tables;
  return {
    async append(message) {
      const known = await sentBefore(db, message);
      if (known !== undefined) return known;
      try {
        return await append(tables, message);
      } catch (reason) {
        // Sent twice at once, and the other one was first; all that this one did is undone.
        const winner = isUniqueViolation(reason) ? await sentBefore(db, message) : undefined;
        if (winner === undefined) throw reason;
        return winner;
      }
    },

    sentBefore: (message) => sentBefore(db, message),

    change: (userId, roomId, messageId, text) => change(tables, { userId, roomId, messageId, text }),

    async picture(userId, roomId, messageId) {
      await positionIn(db, userId, roomId, undefined);
      return readPicture(db, messageId, (query) => query.where("room_messages.room_id", "=", roomId));
    },

    ownPicture: (authorId, messageId) =>
      readPicture(db, messageId, (query) => query.where("room_messages.author_id", "=", authorId)),

    position: (userId, roomId, entryId) => positionIn(db, userId, roomId, entryId),

    after: (roomId, seq, limit) =>
      readEntries(db, (query) =>
        query
          .where("room_messages.room_id", "=", roomId)
          .where("room_messages.seq", ">", seq)
          .orderBy("room_messages.seq")
          .limit(limit),
      ),

    async history(userId, roomId, place, limit) {
      const position = await positionIn(db, userId, roomId, place.at === "around" ? place.id : undefined);
      if (place.at === "around" && position.seq === undefined) throw noSuchMessage("around");
      return historyIn(db, roomId, windowOf(place, limit, position));
    },

    ofAuthor: (userId, after, limit) =>
      readEntries(db, (query) =>
        query
          .where("room_messages.author_id", "=", userId)
          .where("room_messages.kind", "=", "message")
          .$if(after !== undefined, (later) =>
            later.where(({ eb, refTuple, tuple }) =>
              eb(
                refTuple("room_messages.room_id", "room_messages.seq"),
                ">",
                tuple(after?.roomId ?? "", after?.seq ?? 0),
              ),
            ),
          )
          .orderBy("room_messages.room_id")
          .orderBy("room_messages.seq")
          .limit(limit),
      ),

    async watched(userId, limit) {
      const rows = await roomsOf(db, userId, { limit, isIn: true }).execute();
      return rows.map(({ id, last_seq: lastSeq }) => ({ id, lastSeq }));
    },

    async lastSeqs(roomIds) {
      const found = new Map<string, number>();
      for (let from = 0; from < roomIds.length; from += ROOMS_AT_ONCE) {
        const some = roomIds.slice(from, from + ROOMS_AT_ONCE);
        const rows = await db
          .selectFrom("rooms")
          .select(["id", "last_seq"])
          .where("id", "in", some)
          .execute();
        for (const { id, last_seq } of rows) found.set(id, last_seq);
      }
      return found;
    },
  };
}

async function positionIn(
  db: Kysely<Tables>,
  userId: string,
  roomId: string,
  entryId: string | undefined,
): Promise<RoomPosition> {
  const room = await db
    .selectFrom("rooms")
    .select((eb) => [
      "last_seq",
      eb
        .selectFrom("room_messages")
        .select("seq")
        .whereRef("room_messages.room_id", "=", "rooms.id")
        .where("room_messages.id", "=", entryId ?? "")
        .as("seq"),
    ])
    .where("id", "=", roomId)
    .where((eb) => isMember(eb, roomId, userId))
    .executeTakeFirst();
  if (room === undefined) throw roomNotFound();
  return { lastSeq: room.last_seq, seq: room.seq ?? undefined };
}

async function readPicture(
  db: Kysely<Tables>,
  messageId: string,
  whose: (query: EntryQuery) => EntryQuery,
): Promise<Picture | undefined> {
  const row = await whose(db.selectFrom("room_messages"))
    .innerJoin("room_pictures", "room_pictures.message_id", "room_messages.id")
    .select(["width", "height", "jpeg"])
    .where("room_messages.id", "=", messageId)
    .executeTakeFirst();
  return row && { width: row.width, height: row.height, jpeg: Buffer.from(row.jpeg, "base64") };
}

async function addPicture(
  trx: Transaction<Tables>,
  messageId: string,
  { width, height, jpeg }: Picture,
): Promise<void> {
  const bytes = Buffer.from(jpeg);
  const size = { width, height, size_bytes: bytes.byteLength };
  await trx
    .insertInto("room_pictures")
    .values({ message_id: messageId, ...size, jpeg: bytes.toString("base64") })
    .execute();
}

async function append({ db, time, sync, turns }: RoomTables, message: NewRoomMessage): Promise<RoomEntry> {
  const { roomId, authorId, replyTo } = message;
  const store = async (trx: Transaction<Tables>): Promise<RoomEntry> => {
    const id = await addEntry(trx, time, { ...message, kind: "message" });
    // Asked once the room is locked, so that nobody's message stands after that they left.
    const state = await stateIn(trx, roomId, authorId);
    if (state === undefined || state === "invited") throw roomNotFound();
    if (message.picture !== undefined) await addPicture(trx, id, message.picture);
    if (message.answeredBy !== undefined)
      await openAnswer(trx, time, { ...message.answeredBy, id, roomId, authorId });
    if (replyTo !== undefined && (await messageIn(trx, roomId, replyTo)) === undefined) {
      throw noSuchMessage("reply_to");
    }
    const stored = await messageIn(trx, roomId, id);
    if (stored === undefined) throw new Error("a message that was just stored is not there");
    await noteMentions(trx, sync, stored);
    return stored;
  };
  return sync.transaction(db, store, turns.in(roomId));
}

/** In the transaction of the question, so that a server which ends right after it has it answered for. */
async function openAnswer(
  trx: Transaction<Tables>,
  time: RoomTables["time"],
  {
    id,
    roomId,
    authorId,
    ownerId,
    leaseMs,
  }: Pick<RoomEntry, "id" | "roomId" | "authorId"> & NonNullable<NewRoomMessage["answeredBy"]>,
): Promise<void> {
  const lease = { owner_id: ownerId, lease_until_ms: leaseEnd(time, leaseMs), stopped: 0 };
  await trx
    .insertInto("room_answers")
    .values({ question_id: id, room_id: roomId, user_id: authorId, ...lease })
    .execute();
}

/** @param text that it is to have; undefined: it is to be deleted */
function throwUnlessChangeable(found: RoomEntry, userId: string, text: string | undefined): void {
  if (found.authorId !== userId) throw notTheAuthor();
  if (found.askedBy !== undefined && text !== undefined) throw isAnswer();
  if (text === "" && found.picture === undefined) throw emptyMessage();
}

async function change(
  tables: RoomTables,
  wanted: {
    readonly userId: string;
    readonly roomId: string;
    readonly messageId: string;
    readonly text: string | undefined;
  },
): Promise<RoomEntry> {
  const { userId, roomId, messageId, text } = wanted;
  const { time } = tables;
  return changingRoom(tables, roomId, userId, async (trx, state) => {
    if (state === "invited") throw roomNotFound();
    const found = await messageIn(trx, roomId, messageId);
    if (found === undefined) throw noSuchMessage("message_id");
    throwUnlessChangeable(found, userId, text);
    if (text === undefined ? found.deletedAtMs !== undefined : found.text === text) return found;
    if (found.deletedAtMs !== undefined) {
      throw invalidField("message_id", "this message was deleted. Send a new one.");
    }
    await trx
      .updateTable("room_messages")
      .set(text === undefined ? { text: "", deleted_at_ms: time() } : { text, edited_at_ms: time() })
      .where("id", "=", messageId)
      .execute();
    if (text === undefined) {
      await trx.deleteFrom("room_pictures").where("message_id", "=", messageId).execute();
      // A question that is gone is not answered.
      await trx.deleteFrom("room_answers").where("question_id", "=", messageId).execute();
    }
    await addEntry(trx, time, { roomId, authorId: userId, kind: "changed", changes: messageId });
    return (await messageIn(trx, roomId, messageId)) ?? found;
  });
}

async function sentBefore(
  db: Kysely<Tables>,
  { roomId, authorId, clientMessageId }: Parameters<RoomStore["sentBefore"]>[0],
): Promise<RoomEntry | undefined> {
  if (clientMessageId === undefined) return undefined;
  const [found] = await readEntries(db, (query) =>
    query
      .where("room_messages.author_id", "=", authorId)
      .where("room_messages.client_message_id", "=", clientMessageId),
  );
  if (found !== undefined && found.roomId !== roomId) {
    throw invalidField("client_message_id", "it names a message in another room. Make a new UUID.");
  }
  return found;
}

/** How many messages before a number, and how many from it on. */
interface Window {
  readonly seq: number;
  readonly before: number;
  readonly from: number;
}

function windowOf(place: HistoryPlace, limit: number, { lastSeq, seq }: RoomPosition): Window {
  switch (place.at) {
    case "end":
      return { seq: lastSeq + 1, before: limit, from: 0 };
    case "before":
      return { seq: place.seq, before: limit, from: 0 };
    case "after":
      return { seq: place.seq + 1, before: 0, from: limit };
    case "around":
      return { seq: seq ?? 0, before: Math.floor(limit / 2), from: Math.ceil(limit / 2) };
  }
}

async function historyIn(db: Kysely<Tables>, roomId: string, window: Window): Promise<HistoryPage> {
  // One more than is wanted tells whether there are more.
  const nearest = (operator: "<" | ">=", limit: number): Promise<readonly RoomEntry[]> =>
    readEntries(db, (query) =>
      query
        .where("room_messages.room_id", "=", roomId)
        .where("room_messages.kind", "=", "message")
        .where("room_messages.seq", operator, window.seq)
        .orderBy("room_messages.seq", operator === "<" ? "desc" : "asc")
        .limit(limit + 1),
    );
  const older = await nearest("<", window.before);
  const newer = await nearest(">=", window.from);
  return {
    messages: [...older.slice(0, window.before).toReversed(), ...newer.slice(0, window.from)],
    older: older.length > window.before,
    newer: newer.length > window.from,
  };
}
