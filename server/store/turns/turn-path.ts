import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Turn } from "#server/domain/chats/ports.ts";
import type { Tables } from "../sql/schema.ts";
import { toTurn } from "./turn-rows.ts";

function headOf(chatId: string): RawBuilder<string | null> {
  return sql`(select head_turn_id from chats where id = ${chatId} and deleted_at_ms is null)`;
}

/** `TurnStore.recent`. */
export async function pathOf(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  limit: number,
  beforeTurnId?: string,
): Promise<readonly Turn[]> {
  const last: RawBuilder<string | null> =
    beforeTurnId === undefined
      ? headOf(chatId)
      : sql`(select parent_turn_id from turns where id = ${beforeTurnId})`;
  return await pathTo(db, userId, chatId, limit, last);
}

/**
 * The shown path around a turn; undefined when the turn is not on it.
 *
 * @param options.walker the same database, for the way from the newest turn to this one, which may be long
 */
export async function pathAround(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  turnId: string,
  {
    limit,
    newer,
    walker,
  }: { readonly limit: number; readonly newer: number; readonly walker: Kysely<Tables> },
): Promise<{ readonly path: readonly Turn[]; readonly isCut: boolean } | undefined> {
  const rows = await pathUp(walker, userId, chatId, headOf(chatId), { untilTurnId: turnId })
    .selectFrom("path")
    .select("id")
    .orderBy("depth", "desc")
    .limit(newer + 2)
    .execute();
  if (rows[0]?.id !== turnId) return undefined;
  const last = rows[Math.min(newer, rows.length - 1)]?.id ?? turnId;
  return { path: await pathTo(db, userId, chatId, limit, sql`${last}`), isCut: rows.length > newer + 1 };
}

/** The ids of the path that ends with a turn, oldest first; none for a turn of another chat. */
export async function pathIdsTo(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  turnId: string,
): Promise<readonly string[]> {
  const rows = await pathUp(db, userId, chatId, sql`${turnId}`)
    .selectFrom("path")
    .select("id")
    .orderBy("depth", "desc")
    .execute();
  return rows.map(({ id }) => id);
}

async function pathTo(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  limit: number,
  last: RawBuilder<string | null>,
): Promise<readonly Turn[]> {
  const rows = await pathUp(db, userId, chatId, last, { limit })
    .selectFrom("path")
    .innerJoin("turns", "turns.id", "path.id")
    .selectAll("turns")
    .orderBy("path.depth")
    .execute();
  return rows.map(toTurn);
}

/** `path`: a turn, and those that it follows; up to so many, or to one of them. */
function pathUp(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  last: RawBuilder<string | null>,
  { limit, untilTurnId }: { readonly limit?: number; readonly untilTurnId?: string } = {},
) {
  return db.withRecursive("path(id, parent_turn_id, depth)", (qb) =>
    qb
      .selectFrom("turns")
      .select(["id", "parent_turn_id", sql<number>`1`.as("depth")])
      .where("id", "=", last)
      .where("chat_id", "=", chatId)
      .where("user_id", "=", userId)
      .unionAll((union) =>
        union
          .selectFrom("turns")
          .innerJoin("path", "path.parent_turn_id", "turns.id")
          .select(["turns.id", "turns.parent_turn_id", sql<number>`path.depth + 1`.as("depth")])
          .$if(limit !== undefined, (query) => query.where("path.depth", "<", limit ?? 0))
          .$if(untilTurnId !== undefined, (query) => query.where("path.id", "!=", untilTurnId ?? "")),
      ),
  );
}
