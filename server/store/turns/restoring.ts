import { sql, type Expression, type SelectQueryBuilder, type Transaction } from "kysely";
import type { TurnIndex } from "../search/turn-index.ts";
import type { Tables } from "../sql/schema.ts";
import { INDEXED_AT_ONCE_CHARS, toIndexed } from "./turn-rows.ts";

const BATCH_TURNS = 20;
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
  let left = INDEXED_AT_ONCE_CHARS;
  let isIncomplete = false;
  for (let before = END; ;) {
    const rows = await turns
      .select(["id", "chat_id", "user_id", "turn_index", "created_at_ms"])
      .select(({ ref }) => [
        // Bytes, which both databases know without reading the text.
        sql<number>`octet_length(user_text) + octet_length(assistant_text)`.as("size"),
        unlessLong(ref("user_text")).as("user_text"),
        unlessLong(ref("assistant_text")).as("assistant_text"),
      ])
      .where("turn_index", "<", before)
      .orderBy("turn_index", "desc")
      .limit(BATCH_TURNS)
      .execute();
    for (const row of rows) {
      const fits = row.size <= left;
      if (fits) left -= row.size;
      else isIncomplete = true;
      await index.write(trx, fits ? toIndexed(row) : { ...toIndexed(row), ...NOTHING_YET });
    }
    const last = rows.at(-1);
    if (last === undefined) return isIncomplete;
    before = last.turn_index;
  }
}

const NOTHING_YET = { userText: "", assistantText: "", goesOn: true };

function unlessLong(text: Expression<string>) {
  return sql<string>`case when octet_length(${text}) > ${sql.lit(INDEXED_AT_ONCE_CHARS)} then '' else ${text} end`;
}
