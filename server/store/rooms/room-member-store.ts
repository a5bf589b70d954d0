import type { Kysely, Transaction } from "kysely";
import type { RoomMember, RoomMemberStore, RoomSummary } from "#server/domain/rooms/member-ports.ts";
import { COMMON_ROOM } from "#server/domain/rooms/ports.ts";
import { notTheOwner, roomFull, roomNotFound } from "#server/domain/rooms/room-errors.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import type { SyncLog } from "../sync/sync-log.ts";
import { addEntry, changingRoom, stateIn, toState, type RoomTables } from "./room-rows.ts";
import { summaries } from "./room-summaries.ts";

/** {@link RoomMemberStore} on SQL. */
export function createRoomMemberStore(tables: RoomTables): RoomMemberStore {
  const { db, time, sync } = tables;
  return {
    async create(room) {
      const change = { userId: room.ownerId, kind: "room.joined", roomId: room.id } as const;
      await sync.change(db, change, (trx) => create(trx, time, room), Boolean);
    },

    list: (userId, after, limit) => summaries(db, userId, { after, limit }),

    async find(userId, roomId) {
      const [found] = await summaries(db, userId, { roomId, limit: 1 });
      if (found === undefined) throw roomNotFound();
      return found;
    },

    invite: (userId, roomId, invitedId, most) =>
      changingRoom(tables, roomId, userId, async (trx, state) => {
        if (state === "invited") throw roomNotFound();
        if ((await stateIn(trx, roomId, invitedId)) === undefined) {
          await checkSize(trx, roomId, most);
          await addMember(trx, time, { roomId, userId: invitedId, state: "invited", invitedBy: userId });
          await sync.note(trx, { userId: invitedId, kind: "room.invited", roomId });
        }
        return toMember(
          await members(trx, roomId).where("user_id", "=", invitedId).executeTakeFirstOrThrow(),
        );
      }),

    join: (userId, roomId) =>
      changingRoom(tables, roomId, userId, async (trx, state) => {
        if (state !== "invited") return;
        await trx
          .updateTable("room_members")
          .set({ state: "member", joined_at_ms: time() })
          .where("room_id", "=", roomId)
          .where("user_id", "=", userId)
          .execute();
        await addEntry(trx, time, { roomId, authorId: userId, kind: "joined" });
        await readAll(trx, roomId, userId);
        await sync.note(trx, { userId, kind: "room.joined", roomId });
      }),

    leave: (userId, roomId) =>
      changingRoom(tables, roomId, userId, (trx) => leaveAndNote(trx, time, sync, roomId, userId)),

    remove: (userId, roomId, removedId) =>
      changingRoom(tables, roomId, userId, async (trx, state) => {
        if (state === "invited") throw roomNotFound();
        if (state !== "owner" && userId !== removedId) throw notTheOwner();
        await leaveAndNote(trx, time, sync, roomId, removedId);
      }),

    async members(userId, roomId, after, limit) {
      const state = await stateIn(db, roomId, userId);
      if (state === undefined || state === "invited") throw roomNotFound();
      const rows = await members(db, roomId)
        .$if(after !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("joined_at_ms", "user_id"), ">", tuple(after?.atMs ?? 0, after?.id ?? "")),
          ),
        )
        .orderBy("joined_at_ms")
        .orderBy("user_id")
        .limit(limit)
        .execute();
      return rows.map(toMember);
    },

    markRead: (userId, roomId, seq) => markRead(db, time, { userId, roomId, seq }),

    async removeAll(userId) {
      const rooms = await db
        .selectFrom("room_members")
        .select("room_id")
        .where("user_id", "=", userId)
        .where("room_id", "<>", COMMON_ROOM)
        .orderBy("room_id")
        .execute();
      for (const { room_id } of rooms) {
        // Nobody follows an account that closes; a note would hold its row while the next room is waited for.
        await changingRoom(tables, room_id, userId, (trx) => leave(trx, time, room_id, userId));
      }
    },
  };
}

async function checkSize(trx: Transaction<Tables>, roomId: string, most: number): Promise<void> {
  const { count } = await trx
    .selectFrom("room_members")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("room_id", "=", roomId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= most) throw roomFull(most);
}

async function create(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  { id, name, ownerId }: { readonly id: string; readonly name: string; readonly ownerId: string },
): Promise<boolean> {
  const made = await trx
    .insertInto("rooms")
    .values({ id, name, created_at_ms: time(), updated_at_ms: time() })
    .onConflict((c) => c.column("id").doNothing())
    .executeTakeFirst();
  if (made.numInsertedOrUpdatedRows !== 1n) return false;
  await addMember(trx, time, { roomId: id, userId: ownerId, state: "owner", invitedBy: null });
  await addEntry(trx, time, { roomId: id, authorId: ownerId, kind: "joined" });
  await readAll(trx, id, ownerId);
  return true;
}

async function addMember(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  member: {
    readonly roomId: string;
    readonly userId: string;
    readonly state: "owner" | "member" | "invited";
    readonly invitedBy: string | null;
  },
): Promise<void> {
  await trx
    .insertInto("room_members")
    .values({
      room_id: member.roomId,
      user_id: member.userId,
      state: member.state,
      invited_by: member.invitedBy,
      joined_at_ms: time(),
    })
    .onConflict((c) => c.columns(["room_id", "user_id"]).doNothing())
    .execute();
}

/** What was said before somebody came is no news to them. */
async function readAll(trx: Transaction<Tables>, roomId: string, userId: string): Promise<void> {
  await trx
    .updateTable("room_members")
    .set((eb) => ({ read_seq: eb.selectFrom("rooms").select("last_seq").where("id", "=", roomId) }))
    .where("room_id", "=", roomId)
    .where("user_id", "=", userId)
    .execute();
}

async function leaveAndNote(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  sync: SyncLog,
  roomId: string,
  userId: string,
): Promise<void> {
  if (await leave(trx, time, roomId, userId)) await sync.note(trx, { userId, kind: "room.left", roomId });
}

/** The room is locked. Resolves to false when they were neither in it nor invited. */
async function leave(
  trx: Transaction<Tables>,
  time: DatabaseTime,
  roomId: string,
  userId: string,
): Promise<boolean> {
  const gone = await trx
    .deleteFrom("room_members")
    .where("room_id", "=", roomId)
    .where("user_id", "=", userId)
    .returning("state")
    .executeTakeFirst();
  if (gone === undefined) return false;
  if (gone.state === "invited") return true;
  await addEntry(trx, time, { roomId, authorId: userId, kind: "left" });
  if (gone.state !== "owner") return true;
  const next = await trx
    .selectFrom("room_members")
    .select("user_id")
    .where("room_id", "=", roomId)
    .where("state", "=", "member")
    .orderBy("joined_at_ms")
    .orderBy("user_id")
    .executeTakeFirst();
  if (next !== undefined) {
    await trx
      .updateTable("room_members")
      .set({ state: "owner" })
      .where("room_id", "=", roomId)
      .where("user_id", "=", next.user_id)
      .execute();
    return true;
  }
  await trx.deleteFrom("room_members").where("room_id", "=", roomId).execute();
  await trx.updateTable("rooms").set({ name: "", abandoned: 1 }).where("id", "=", roomId).execute();
  return true;
}

async function markRead(
  db: Kysely<Tables>,
  time: DatabaseTime,
  { userId, roomId, seq }: { readonly userId: string; readonly roomId: string; readonly seq: number },
): Promise<RoomSummary> {
  const state = await stateIn(db, roomId, userId);
  if (state === undefined || state === "invited") throw roomNotFound();
  return inTransaction(db, async (trx) => {
    // Of the common room's members only those are kept who have read in it.
    if (roomId === COMMON_ROOM) {
      await addMember(trx, time, { roomId, userId, state: "member", invitedBy: null });
    }
    const room = await trx
      .selectFrom("rooms")
      .select("last_seq")
      .where("id", "=", roomId)
      .executeTakeFirstOrThrow();
    const readSeq = Math.max(0, Math.min(seq, room.last_seq));
    await trx
      .updateTable("room_members")
      .set({ read_seq: readSeq })
      .where("room_id", "=", roomId)
      .where("user_id", "=", userId)
      .where("read_seq", "<", readSeq)
      .execute();
    const [found] = await summaries(trx, userId, { roomId, limit: 1 });
    if (found === undefined) throw roomNotFound();
    return found;
  });
}

function members(db: Kysely<Tables>, roomId: string) {
  return db
    .selectFrom("room_members")
    .innerJoin("accounts", "accounts.id", "room_members.user_id")
    .select(["user_id", "login", "display_name", "state", "is_active", "joined_at_ms"])
    .where("room_id", "=", roomId);
}

type MemberRow = Awaited<ReturnType<ReturnType<typeof members>["executeTakeFirstOrThrow"]>>;

function toMember(row: MemberRow): RoomMember {
  return {
    userId: row.user_id,
    login: row.login,
    displayName: row.display_name,
    state: toState(row.state),
    closed: row.is_active !== 1,
    joinedAtMs: row.joined_at_ms,
  };
}
