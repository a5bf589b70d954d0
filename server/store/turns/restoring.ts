import { sql, type Expression, type SelectQueryBuilder, type Transaction } from "kysely";
import { LoopTurns } from "#server/domain/loop-turns.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import type { Tables } from "../sql/schema.ts";
import { INDEXED_AT_ONCE_CHARS, toIndexed } from "./turn-rows.ts";

const BATCH_TURNS = 100;
/** Behind all turns: an integer of PostgreSQL has 31 bits. */
const END = 2 ** 31 - 1;

/**
 * Puts restored turns into the index again, the newest first: as many as the event loop may index are found at once, the
 * others soon. Resolves to whether there are such others, whose entries are to be completed.
 *
 * @param restored query of the turns; running ones are indexed when they end
 */
export async function indexRestored(
  trx: Transaction<Tables>,
  index: TurnIndex,
  restored: SelectQueryBuilder<Tables, "turns", object>,
): Promise<boolean> {
  const turns = restored.where("status", "!=", "running").where("deleted_at_ms", "is", null);
  const loop = new LoopTurns();
  let left = INDEXED_AT_ONCE_CHARS;
  let isIncomplete = false;
  for (let before = END; ;) {
    const rows = await turns
      .select(["id", "chat_id", "user_id", "turn_index", "created_at_ms"])
      .select(({ ref }) => [
        // Bytes, which both databases know without reading the text.
        sql<number>`octet_length(user_text) + octet_length(assistant_text)`.as("size"),
        unlessLonger(ref("user_text"), left).as("user_text"),
        unlessLonger(ref("assistant_text"), left).as("assistant_text"),
      ])
      .where("turn_index", "<", before)
      .orderBy("turn_index", "desc")
      .limit(BATCH_TURNS)
      .execute();
    const later: string[] = [];
    for (const row of rows) {
      const fits = row.size <= left;
      if (fits) left -= row.size;
      if (fits) await index.write(trx, toIndexed(row));
      else later.push(row.id);
    }
    const last = rows.at(-1);
    if (last === undefined) return isIncomplete;
    if (later.length > 0) {
      isIncomplete = true;
      await index.remove(trx, later);
      await index.announce(trx, { userId: last.user_id, chatId: last.chat_id }, later);
    }
    before = last.turn_index;
    await loop.give();
  }
}

function unlessLonger(text: Expression<string>, bytes: number) {
  return sql<string>`case when octet_length(${text}) > ${bytes} then '' else ${text} end`;
}
