import { randomUUID } from "node:crypto";
import type { ExpressionBuilder, Kysely, SelectQueryBuilder, Transaction } from "kysely";
import { ASSISTANT_LOGIN } from "#contract/rooms/question.ts";
import { looksLikeAssistant } from "#server/domain/accounts/assistant-login.ts";
import type { MemberState } from "#server/domain/rooms/member-ports.ts";
import { COMMON_ROOM, type RoomEntry } from "#server/domain/rooms/ports.ts";
import { roomNotFound } from "#server/domain/rooms/room-errors.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { known } from "../sql/stored-values.ts";
import type { SyncLog } from "../sync/sync-log.ts";
import type { RoomTurns } from "./room-turns.ts";

const KINDS = ["message", "changed", "joined", "left"] as const;
const STATES = ["invited", "member", "owner"] as const;

/** What the stores of rooms work on. */
export interface RoomTables {
  readonly db: Kysely<Tables>;
  readonly time: DatabaseTime;
  readonly sync: SyncLog;
  /** Of all stores of this process. */
  readonly turns: RoomTurns;
}

/** In the room `rooms.id`, and not only invited. */
export function isMember(eb: ExpressionBuilder<Tables, "rooms">, roomId: string, userId: string) {
  if (roomId === COMMON_ROOM) return eb.lit(true);
  const member = eb
    .selectFrom("room_members")
    .select("user_id")
    .whereRef("room_members.room_id", "=", "rooms.id")
    .where("room_members.user_id", "=", userId)
    .where("room_members.state", "<>", "invited");
  return eb.exists(member);
}

/** What somebody is in a room; undefined when they are neither in it nor invited. */
export async function stateIn(
  db: Kysely<Tables>,
  roomId: string,
  userId: string,
): Promise<MemberState | undefined> {
  if (roomId === COMMON_ROOM) return "member";
  const row = await db
    .selectFrom("room_members")
    .select("state")
    .where("room_id", "=", roomId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return row && toState(row.state);
}

export const toState = (text: string): MemberState => known(STATES, text, "room_members.state");

/** Runs `work` in a transaction in which nothing else changes the room; what it notes is told after it. Throws ROOM_NOT_FOUND for whoever is not in it. */
export async function changingRoom<T>(
  { db, sync, turns }: RoomTables,
  roomId: string,
  userId: string,
  work: (trx: Transaction<Tables>, state: MemberState) => Promise<T>,
): Promise<T> {
  const change = async (trx: Transaction<Tables>): Promise<T> => {
    await lockRoom(trx, roomId);
    const state = await stateIn(trx, roomId, userId);
    if (state === undefined) throw roomNotFound();
    return work(trx, state);
  };
  return sync.transaction(db, change, turns.in(roomId));
}

/** The lock of PostgreSQL; what is read after it is what the one before has left. */
export async function lockRoom(trx: Transaction<Tables>, roomId: string): Promise<void> {
  await trx
    .updateTable("rooms")
    .set((eb) => ({ last_seq: eb.ref("last_seq") }))
    .where("id", "=", roomId)
    .execute();
}

/**
 * Adds an entry with the next number. The row of the room is locked until the end, so it is seen only after all with a
 * smaller number.
 */
export async function addEntry(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  entry: Pick<RoomEntry, "roomId" | "authorId" | "kind"> &
    Partial<Pick<RoomEntry, "id" | "text" | "clientMessageId" | "replyTo" | "changes">> & {
      readonly byAssistant?: true;
    },
): Promise<string> {
  const { id = randomUUID(), roomId, authorId, kind } = entry;
  const room = await trx
    .updateTable("rooms")
    .set((eb) => ({ last_seq: eb("last_seq", "+", 1), updated_at_ms: time() }))
    .where("id", "=", roomId)
    .returning("last_seq")
    .executeTakeFirst();
  if (room === undefined) throw roomNotFound();
  await trx
    .insertInto("room_messages")
    .values({
      id,
      room_id: roomId,
      seq: room.last_seq,
      kind,
      changes: entry.changes ?? null,
      author_id: authorId,
      text: entry.text ?? "",
      sent_at_ms: time(),
      client_message_id: entry.clientMessageId ?? null,
      reply_to: entry.replyTo ?? null,
      edited_at_ms: null,
      deleted_at_ms: null,
      by_assistant: entry.byAssistant === true ? 1 : 0,
    })
    .execute();
  return id;
}

export type EntryQuery = SelectQueryBuilder<Tables, "room_messages", object>;

/**
 * Entries as they are read: a change with the content of its message.
 *
 * @param chosen which, and in which order; its columns with their table's name
 */
export async function readEntries(
  db: Kysely<Tables>,
  chosen: (query: EntryQuery) => EntryQuery,
): Promise<readonly RoomEntry[]> {
  const rows = await chosen(db.selectFrom("room_messages"))
    .innerJoin("room_messages as said", (join) =>
      join.on((eb) =>
        eb("said.id", "=", eb.fn.coalesce("room_messages.changes", "room_messages.id").$castTo<string>()),
      ),
    )
    .leftJoin("accounts", "accounts.id", "said.author_id")
    .leftJoin("room_pictures", "room_pictures.message_id", "said.id")
    .select([
      "room_messages.id",
      "room_messages.room_id",
      "room_messages.seq",
      "room_messages.kind",
      "room_messages.changes",
      "said.author_id",
      "login",
      "is_active",
      "said.text",
      "said.sent_at_ms",
      "said.client_message_id",
      "said.reply_to",
      "said.edited_at_ms",
      "said.deleted_at_ms",
      "said.by_assistant",
      "width",
      "height",
      "size_bytes",
    ])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    roomId: row.room_id,
    seq: row.seq,
    kind: known(KINDS, row.kind, "room_messages.kind"),
    changes: row.changes ?? undefined,
    authorId: row.author_id,
    ...(row.by_assistant === 1
      ? { author: ASSISTANT_LOGIN, authorClosed: false, askedBy: row.login ?? "" }
      : { author: personIn(row.login ?? ""), authorClosed: row.is_active !== 1, askedBy: undefined }),
    text: row.text,
    sentAtMs: row.sent_at_ms,
    clientMessageId: row.client_message_id ?? undefined,
    replyTo: row.reply_to ?? undefined,
    editedAtMs: row.edited_at_ms ?? undefined,
    deletedAtMs: row.deleted_at_ms ?? undefined,
    picture: row.size_bytes === null ? undefined : pictureIn(row),
  }));
}

function pictureIn({
  width,
  height,
  size_bytes: bytes,
}: Record<"width" | "height" | "size_bytes", number | null>) {
  return { width: width ?? 0, height: height ?? 0, bytes: bytes ?? 0 };
}

/** Of an account that had the assistant's name before it was reserved. */
function personIn(login: string): string {
  return looksLikeAssistant(login) ? `${login} (account)` : login;
}

export async function messageIn(
  db: Kysely<Tables>,
  roomId: string,
  id: string,
): Promise<RoomEntry | undefined> {
  const [found] = await readEntries(db, (query) =>
    query
      .where("room_messages.id", "=", id)
      .where("room_messages.room_id", "=", roomId)
      .where("room_messages.kind", "=", "message"),
  );
  return found;
}
