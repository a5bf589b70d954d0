import { sql, type Kysely, type Transaction } from "kysely";
import type { SummaryStore } from "#server/domain/chats/summary-port.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";

/** {@link SummaryStore} on SQL. */
export function createSummaryStore(db: Kysely<Tables>): SummaryStore {
  return {
    async before(userId, chatId, turnId) {
      const row = await db
        .withRecursive("path(id, parent_turn_id)", (qb) =>
          qb
            .selectFrom("turns as asked")
            .innerJoin("turns", "turns.id", "asked.parent_turn_id")
            .select(["turns.id", "turns.parent_turn_id"])
            .where("asked.id", "=", turnId)
            .where("asked.chat_id", "=", chatId)
            .where("asked.user_id", "=", userId)
            // Most chats have none: their paths are not walked.
            .where(({ exists, selectFrom }) =>
              exists(
                selectFrom("chat_summaries").select("turn_id").where("chat_summaries.chat_id", "=", chatId),
              ),
            )
            .unionAll((union) =>
              union
                .selectFrom("path")
                .innerJoin("turns", "turns.id", "path.parent_turn_id")
                .select(["turns.id", "turns.parent_turn_id"])
                .where(({ not, exists, selectFrom }) =>
                  not(
                    exists(
                      selectFrom("chat_summaries")
                        .select("turn_id")
                        .whereRef("chat_summaries.turn_id", "=", "path.id"),
                    ),
                  ),
                ),
            ),
        )
        .selectFrom("path")
        .innerJoin("chat_summaries", "chat_summaries.turn_id", "path.id")
        .selectAll("chat_summaries")
        .executeTakeFirst();
      return (
        row && { chatId: row.chat_id, turnId: row.turn_id, text: row.text, createdAtMs: row.created_at_ms }
      );
    },

    add: (userId, { chatId, turnId, text, createdAtMs }, { turnIds, goesOnFrom }) =>
      inTransaction(db, async (trx) => {
        // Locks it against a deletion in it (PostgreSQL).
        const chat = await trx
          .updateTable("chats")
          .set((eb) => ({ title: eb.ref("title") }))
          .where("id", "=", chatId)
          .where("user_id", "=", userId)
          .where("deleted_at_ms", "is", null)
          .returning("id")
          .executeTakeFirst();
        if (chat === undefined) return false;
        const turns = trx
          .selectFrom("turns")
          .where("id", "in", turnIds)
          .where("chat_id", "=", chatId)
          .where("deleted_at_ms", "is", null);
        const earlier = trx.selectFrom("chat_summaries").where("turn_id", "in", [goesOnFrom ?? ""]);
        if ((await count(turns.select(counted))) !== turnIds.length) return false;
        if ((await count(earlier.select(counted))) !== (goesOnFrom === undefined ? 0 : 1)) return false;
        // Another server may have summarised the same.
        await trx
          .insertInto("chat_summaries")
          .values({ turn_id: turnId, chat_id: chatId, text, created_at_ms: createdAtMs })
          .onConflict((c) => c.column("turn_id").doNothing())
          .execute();
        return true;
      }),
  };
}

const counted = sql<number>`cast(count(*) as integer)`.as("rows");

async function count(query: { executeTakeFirstOrThrow(): Promise<{ rows: number }> }): Promise<number> {
  return (await query.executeTakeFirstOrThrow()).rows;
}

/** Forgets all that was summarised of a chat: it may tell of what was deleted. */
export async function forgetSummaries(trx: Transaction<Tables>, chatId: string): Promise<void> {
  await trx.deleteFrom("chat_summaries").where("chat_id", "=", chatId).execute();
}
