import { sql, type Kysely, type Transaction } from "kysely";
import type { AttachedFile } from "#contract/attached-file.ts";
import type { HistoryTurn, Picture, Turn } from "#server/domain/chats/ports.ts";
import type { Tables, TurnRow } from "../sql/schema.ts";
import { parseStrings } from "../sql/stored-values.ts";
import { pathAround, pathOf } from "./turn-path.ts";
import { storedFiles, toTurn } from "./turn-rows.ts";

/** `TurnStore.inOrder`. */
export async function turnsInOrder(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  limit: number,
  afterIndex = -1,
): Promise<readonly Turn[]> {
  const rows = await db
    .selectFrom("turns")
    .selectAll()
    .where("chat_id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .where("turn_index", ">", afterIndex)
    .orderBy("turn_index")
    .limit(limit)
    .execute();
  return rows.map(toTurn);
}

/** `TurnStore.history`. */
export async function historyOf(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  limit: number,
  beforeTurnId?: string,
): Promise<readonly HistoryTurn[]> {
  return withSurroundings(db, chatId, await pathOf(db, userId, chatId, limit, beforeTurnId));
}

/** `TurnStore.historyAround`. */
export async function historyAround(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  turnId: string,
  options: { readonly limit: number; readonly newer: number; readonly walker: Kysely<Tables> },
) {
  const found = await pathAround(db, userId, chatId, turnId, options);
  return found && { ...found, path: await withSurroundings(db, chatId, found.path) };
}

async function withSurroundings(
  db: Kysely<Tables>,
  chatId: string,
  path: readonly Turn[],
): Promise<readonly HistoryTurn[]> {
  if (path.length === 0) return [];
  const children = await siblingsOf(db, chatId, path);
  const byParent = Map.groupBy(children, (child) => child.parent_turn_id ?? undefined);
  const withImage = path.filter(({ hadImage }) => hadImage).map(({ id }) => id);
  const pictures = withImage.length === 0 ? [] : await pictureSizes(db, withImage);
  return path.map((turn) => ({
    turn,
    siblings: (byParent.get(turn.parentTurnId) ?? []).map(({ id }) => id),
    picture: pictures.find(({ turnId }) => turnId === turn.id)?.size,
  }));
}

/** What follows the same turn as one of a path, or nothing as well; the oldest first. */
async function siblingsOf(db: Kysely<Tables>, chatId: string, path: readonly Turn[]) {
  const parents = path.flatMap(({ parentTurnId = [] }) => parentTurnId);
  const live = db
    .selectFrom("turns")
    .select(["id", "parent_turn_id", "turn_index"])
    .where("chat_id", "=", chatId)
    .where("deleted_at_ms", "is", null);
  const followers = parents.length === 0 ? [] : await live.where("parent_turn_id", "in", parents).execute();
  const firsts =
    parents.length === path.length ? [] : await live.where("parent_turn_id", "is", null).execute();
  // Asked for both at once, or for their order, SQLite would read all turns of the chat, which it keeps in that order.
  return [...followers, ...firsts].toSorted((a, b) => a.turn_index - b.turn_index);
}

async function pictureSizes(db: Kysely<Tables>, turnIds: readonly string[]) {
  const rows = await db
    .selectFrom("turn_pictures")
    .select(["turn_id", "width", "height"])
    .select([sql<number>`length(jpeg)`.as("chars"), sql<string>`substr(jpeg, length(jpeg) - 1)`.as("end")])
    .where("turn_id", "in", turnIds)
    .execute();
  return rows.map(({ turn_id: turnId, width, height, chars, end }) => ({
    turnId,
    size: { width, height, bytes: (chars / 4) * 3 - (end.split("=").length - 1) },
  }));
}

/** `TurnStore.around`. */
export async function turnsAround(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  turnId: string,
  { turns, shownOnly }: { readonly turns: number; readonly shownOnly: boolean },
): Promise<readonly Turn[]> {
  const row = await db
    .selectFrom("turns")
    .selectAll()
    .where("id", "=", turnId)
    .where("chat_id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .executeTakeFirst();
  if (row === undefined) return [];
  const before = turns === 0 ? [] : await pathOf(db, userId, chatId, turns, turnId);
  const found = [...before.toReversed(), toTurn(row)];
  for (
    let last: string | undefined = turnId;
    last !== undefined && found.length < before.length + 1 + turns;
  ) {
    const next: TurnRow | undefined = await db
      .selectFrom("turns")
      .selectAll()
      .where("chat_id", "=", chatId)
      .where("parent_turn_id", "=", last)
      .where("deleted_at_ms", "is", null)
      .$if(shownOnly, (q) => q.where("id", "in", shownIds(db, [chatId])))
      .orderBy("turn_index", "desc")
      .limit(1)
      .executeTakeFirst();
    if (next !== undefined) found.push(toTurn(next));
    last = next?.id;
  }
  return found;
}

/** The turns of the shown paths of some chats. */
export async function shownTurns(
  db: Kysely<Tables>,
  chatIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (chatIds.length === 0) return new Set();
  return new Set((await shownIds(db, chatIds).execute()).map(({ id }) => id));
}

function shownIds(db: Kysely<Tables>, chatIds: readonly string[]) {
  return db
    .withRecursive("shown(id, parent_turn_id)", (qb) =>
      qb
        .selectFrom("chats")
        .innerJoin("turns", "turns.id", "chats.head_turn_id")
        .select(["turns.id", "turns.parent_turn_id"])
        .where("chats.id", "in", chatIds)
        .unionAll((union) =>
          union
            .selectFrom("turns")
            .innerJoin("shown", "shown.parent_turn_id", "turns.id")
            .select(["turns.id", "turns.parent_turn_id"]),
        ),
    )
    .selectFrom("shown")
    .select("id");
}

/** `TurnStore.picture`. */
export async function pictureOf(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  turnId: string,
): Promise<Picture | undefined> {
  const row = await db
    .selectFrom("turn_pictures")
    .innerJoin("turns", "turns.id", "turn_pictures.turn_id")
    .select(["width", "height", "jpeg"])
    .where("turns.id", "=", turnId)
    .where("turns.chat_id", "=", chatId)
    .where("turns.user_id", "=", userId)
    .where("turns.deleted_at_ms", "is", null)
    .executeTakeFirst();
  return row && { width: row.width, height: row.height, jpeg: Buffer.from(row.jpeg, "base64") };
}

/** `TurnStore.files`. */
export async function filesOf(
  db: Kysely<Tables>,
  userId: string,
  chatId: string,
  turnIds: readonly string[],
): Promise<ReadonlyMap<string, readonly AttachedFile[]>> {
  if (turnIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("turn_files")
    .innerJoin("turns", "turns.id", "turn_files.turn_id")
    .select(["turns.id", "files", "texts"])
    .where("turns.id", "in", turnIds)
    .where("turns.chat_id", "=", chatId)
    .where("turns.user_id", "=", userId)
    .where("turns.deleted_at_ms", "is", null)
    .execute();
  return new Map(
    rows.map(({ id, files, texts }) => {
      const read = parseStrings(texts, "turn_files.texts");
      return [
        id,
        storedFiles(files).map(({ chars: _chars, ...file }, at) => ({ ...file, text: read[at] ?? "" })),
      ];
    }),
  );
}

/**
 * The newest turn of those below a turn, itself included; below null, of the chat. It is a leaf: what follows a turn is
 * newer.
 */
export async function newestBelow(
  trx: Transaction<Tables>,
  chatId: string,
  turnId: string | null,
): Promise<string | undefined> {
  const live = trx
    .selectFrom("turns")
    .select("id")
    .where("chat_id", "=", chatId)
    .where("deleted_at_ms", "is", null)
    .orderBy("turn_index", "desc")
    .limit(1);
  if (turnId === null) return (await live.executeTakeFirst())?.id;
  const found = await trx
    .withRecursive("below(id)", (qb) =>
      qb
        .selectFrom("turns")
        .select("id")
        .where("id", "=", turnId)
        .where("chat_id", "=", chatId)
        .where("deleted_at_ms", "is", null)
        .unionAll((union) =>
          union
            .selectFrom("turns")
            .innerJoin("below", "below.id", "turns.parent_turn_id")
            .select("turns.id")
            .where("turns.chat_id", "=", chatId)
            .where("turns.deleted_at_ms", "is", null),
        ),
    )
    .selectFrom("below")
    .innerJoin("turns", "turns.id", "below.id")
    .select("turns.id")
    .orderBy("turns.turn_index", "desc")
    .limit(1)
    .executeTakeFirst();
  return found?.id;
}
