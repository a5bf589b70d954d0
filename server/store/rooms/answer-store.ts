import type { Transaction } from "kysely";
import type { RoomAnswerStore } from "#server/domain/rooms/answer-ports.ts";
import { noSuchMessage, notTheAsker } from "#server/domain/rooms/room-errors.ts";
import type { Tables } from "../sql/schema.ts";
import { leaseEnd, leaseIsOver } from "../sql/database-time.ts";
import { addEntry, changingRoom, lockRoom, messageIn, stateIn, type RoomTables } from "./room-rows.ts";

/** {@link RoomAnswerStore} on SQL. */
export function createRoomAnswerStore(tables: RoomTables): RoomAnswerStore {
  const { db, time, sync, turns } = tables;
  return {
    async finish(questionId, ownerId, text) {
      const open = await db
        .selectFrom("room_answers")
        .select(["room_id", "user_id"])
        .where("question_id", "=", questionId)
        .executeTakeFirst();
      if (open === undefined) return undefined;
      const { room_id: roomId, user_id: askerId } = open;
      const finish = async (trx: Transaction<Tables>) => {
        await lockRoom(trx, roomId);
        const ended = await trx
          .deleteFrom("room_answers")
          .where("question_id", "=", questionId)
          .$if(ownerId !== undefined, (query) => query.where("owner_id", "=", ownerId ?? ""))
          .$if(ownerId === undefined, (query) => query.where(leaseIsOver(time)))
          .executeTakeFirst();
        if (ended.numDeletedRows === 0n || !(await isThere(trx, roomId, askerId))) return undefined;
        const answer = { roomId, authorId: askerId, kind: "message", text, replyTo: questionId } as const;
        return messageIn(trx, roomId, await addEntry(trx, time, { ...answer, byAssistant: true }));
      };
      return sync.transaction(db, finish, turns.in(roomId));
    },

    async renew(ownerId, questionIds, leaseMs) {
      const rows = await db
        .updateTable("room_answers")
        .set({ lease_until_ms: leaseEnd(time, leaseMs) })
        .where("owner_id", "=", ownerId)
        .where("question_id", "in", questionIds)
        .returning(["question_id", "stopped"])
        .execute();
      return new Map(rows.map(({ question_id, stopped }) => [question_id, { stopped: stopped === 1 }]));
    },

    stop: (userId, roomId, questionId) =>
      changingRoom(tables, roomId, userId, async (trx) => {
        const question = await messageIn(trx, roomId, questionId);
        if (question === undefined) throw noSuchMessage("message_id");
        if (question.authorId !== userId) throw notTheAsker();
        await trx
          .updateTable("room_answers")
          .set({ stopped: 1 })
          .where("question_id", "=", questionId)
          .execute();
      }),

    async lost() {
      const rows = await db
        .selectFrom("room_answers")
        .leftJoin("room_messages", "room_messages.id", "room_answers.question_id")
        .select(["question_id", "room_answers.room_id", "user_id", "text"])
        .where(leaseIsOver(time))
        .execute();
      return rows.map((row) => ({
        id: row.question_id,
        roomId: row.room_id,
        askerId: row.user_id,
        text: row.text ?? "",
      }));
    },

    async endLeases() {
      await db.updateTable("room_answers").set({ lease_until_ms: 0 }).execute();
    },
  };
}

/** In the room, with an account that is not closed. */
async function isThere(trx: Transaction<Tables>, roomId: string, userId: string): Promise<boolean> {
  const state = await stateIn(trx, roomId, userId);
  const account = await trx
    .selectFrom("accounts")
    .select("is_active")
    .where("id", "=", userId)
    .executeTakeFirst();
  return state !== undefined && state !== "invited" && account?.is_active === 1;
}
