import type { ExpressionBuilder, Kysely } from "kysely";
import type { ModelChoices } from "#server/domain/assistant/ports.ts";
import type { SyncLog } from "../sync/sync-log.ts";
import type { Tables } from "./schema.ts";

/** In the column `chat_id`: the choice is the account's. */
const ACCOUNT = "";

/** Chats that are told of: none that is temporary or deleted. */
function keptChats(eb: ExpressionBuilder<Tables, "model_choices">, userId: string) {
  return eb
    .selectFrom("chats")
    .select("id")
    .where("chats.user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .where("temporary", "=", 0);
}

/** {@link ModelChoices} on SQL. */
export function createModelChoiceStore(db: Kysely<Tables>, sync: SyncLog): ModelChoices {
  return {
    async chosen(userId, chatId) {
      const row = await db
        .selectFrom("model_choices")
        .select("model")
        .where("user_id", "=", userId)
        .where("chat_id", "in", [ACCOUNT, chatId ?? ACCOUNT])
        // The chat's own before the account's.
        .orderBy("chat_id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row?.model;
    },
    async all(userId) {
      const rows = await db
        .selectFrom("model_choices")
        .select(["chat_id", "model"])
        .where("user_id", "=", userId)
        .where((eb) => eb.or([eb("chat_id", "=", ACCOUNT), eb("chat_id", "in", keptChats(eb, userId))]))
        .orderBy("chat_id")
        .execute();
      return rows.map((row) => ({
        chatId: row.chat_id === ACCOUNT ? undefined : row.chat_id,
        model: row.model,
      }));
    },
    choose: (userId, chatId, model) =>
      sync.change(db, { userId, kind: "settings.changed", chatId }, (trx) =>
        choose(trx, userId, chatId ?? ACCOUNT, model),
      ),
  };
}

async function choose(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  model: string | undefined,
): Promise<void> {
  if (model === undefined) {
    await db
      .deleteFrom("model_choices")
      .where("user_id", "=", userId)
      .where("chat_id", "=", chatId)
      .execute();
    return;
  }
  await db
    .insertInto("model_choices")
    .values({ user_id: userId, chat_id: chatId, model })
    .onConflict((c) => c.columns(["user_id", "chat_id"]).doUpdateSet({ model }))
    .execute();
}
