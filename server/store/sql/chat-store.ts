import type { Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type { Chat, ChatStore } from "#server/domain/chats/ports.ts";
import type { Tables } from "./schema.ts";
import { rowOf, type RowOf } from "./stored-values.ts";

/** Error for a chat that is not there or is another user's; the two are never told apart. */
export function chatNotFound(): PipitError {
  return new PipitError(
    "CHAT_NOT_FOUND",
    "There is no such chat. It may have been deleted; start a new one.",
    {
      field: "chat_id",
    },
  );
}

/** {@link ChatStore} on SQL. `create` throws INVALID_REQUEST for an id that is taken. */
export function createChatStore(db: Kysely<Tables>): ChatStore {
  return {
    async create(chat) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("chats")
        .values(rowOf(chat))
        .onConflict((c) => c.column("id").doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) {
        throw new PipitError("INVALID_REQUEST", "A chat with this id exists already. Choose another id.", {
          field: "chat_id",
        });
      }
    },

    async find(userId, chatId) {
      const row = await db
        .selectFrom("chats")
        .selectAll()
        .where("id", "=", chatId)
        .where("user_id", "=", userId)
        .executeTakeFirst();
      return row && toChat(row);
    },

    async list(userId, limit) {
      const rows = await db
        .selectFrom("chats")
        .selectAll()
        .where("user_id", "=", userId)
        .orderBy("updated_at_ms", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map(toChat);
    },
  };
}

function toChat(row: RowOf<Chat>): Chat {
  return {
    id: row.id,
    userId: row.user_id,
    title: row.title,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
