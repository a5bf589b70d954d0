import { sql, type Kysely } from "kysely";
import { UNREAD_MAX, type ListPlace, type RoomSummary } from "#server/domain/rooms/member-ports.ts";
import { COMMON_ROOM, type RoomEntry } from "#server/domain/rooms/ports.ts";
import type { Tables } from "../sql/schema.ts";
import { readEntries, toState } from "./room-rows.ts";

interface Wanted {
  /** Absent: all rooms of the user. */
  readonly roomId?: string | undefined;
  readonly after?: ListPlace | undefined;
  readonly limit: number;
  /** Leaves out those that they are only invited to. */
  readonly isIn?: true;
}

/** The rooms of somebody, or one of them. */
export async function summaries(
  db: Kysely<Tables>,
  userId: string,
  { roomId, after, limit }: Wanted,
): Promise<readonly RoomSummary[]> {
  const rows = await db
    .selectFrom(roomsOf(db, userId, { roomId, after, limit }).as("rooms"))
    .leftJoin("room_members", (join) =>
      join.onRef("room_members.room_id", "=", "rooms.id").on("room_members.user_id", "=", userId),
    )
    .leftJoin("accounts as inviter", "inviter.id", "room_members.invited_by")
    .select([
      "rooms.id",
      "rooms.name",
      "rooms.updated_at_ms",
      "rooms.last_seq",
      "room_members.state",
      "room_members.read_seq",
      "inviter.login as invited_by",
      unreadOf(userId).as("unread"),
      newestMessage.as("newest_id"),
    ])
    .where((eb) => eb.or([eb("rooms.id", "=", COMMON_ROOM), eb("room_members.user_id", "is not", null)]))
    .orderBy("rooms.updated_at_ms", "desc")
    .orderBy("rooms.id", "desc")
    .execute();
  const newest = await messagesById(
    db,
    rows.flatMap(({ newest_id, state }) => (newest_id === null || state === "invited" ? [] : [newest_id])),
  );
  return rows.map((row) => {
    const state = toState(row.state ?? "member");
    const isIn = state !== "invited";
    return {
      id: row.id,
      name: row.name,
      state,
      invitedBy: row.invited_by ?? "",
      updatedAtMs: row.updated_at_ms,
      lastSeq: isIn ? row.last_seq : 0,
      lastMessage: newest.get(row.newest_id ?? ""),
      readSeq: row.read_seq ?? 0,
      unread: isIn ? Number(row.unread) : 0,
    };
  });
}

/** A page, by itself: SQLite would count what is unread in every room before it takes the first ones. */
export function roomsOf(db: Kysely<Tables>, userId: string, { roomId, after, limit, isIn }: Wanted) {
  const own = db
    .selectFrom("room_members")
    .select("room_id")
    .where("user_id", "=", userId)
    .$if(isIn === true, (query) => query.where("state", "<>", "invited"))
    .union(db.selectNoFrom((eb) => eb.val(COMMON_ROOM).as("room_id")));
  return db
    .selectFrom("rooms")
    .select(["id", "name", "updated_at_ms", "last_seq"])
    .where("id", "in", roomId === undefined ? own : [roomId])
    .$if(after !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple("updated_at_ms", "id"), "<", tuple(after?.atMs ?? 0, after?.id ?? "")),
      ),
    )
    .orderBy("updated_at_ms", "desc")
    .orderBy("id", "desc")
    .limit(limit);
}

/** To somebody who has never read in the common room what was said before their account is no news. */
function unreadOf(userId: string) {
  return sql<number>`(select count(*) from (
    select 1 from room_messages as unread
    where unread.room_id = rooms.id and unread.seq > coalesce(room_members.read_seq, 0)
      and unread.kind = 'message' and unread.deleted_at_ms is null and (unread.author_id <> ${userId} or unread.by_assistant = 1)
      and (room_members.user_id is not null
        or unread.sent_at_ms >= (select created_at_ms from accounts where id = ${userId}))
    limit ${sql.lit(UNREAD_MAX)}) as some_unread)`;
}

const newestMessage = sql<string | null>`(select newest.id from room_messages as newest
  where newest.room_id = rooms.id and newest.kind = 'message' order by newest.seq desc limit 1)`;

async function messagesById(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RoomEntry>> {
  if (ids.length === 0) return new Map();
  const found = await readEntries(db, (query) => query.where("room_messages.id", "in", ids));
  return new Map(found.map((entry) => [entry.id, entry]));
}
