import { createHash } from "node:crypto";
import { setImmediate as pause } from "node:timers/promises";
import { sql, type Kysely } from "kysely";
import type { SqliteThread } from "../sqlite/sqlite-thread.ts";
import type { Tables } from "../sql/schema.ts";
import { stemsOf, type SearchTerm } from "./search-text.ts";
import type { CompleteEntry, IndexQuery, TurnIndex } from "./turn-index.ts";

/** In the scope of an entry that holds only how the answer begins. */
const incompleteToken = "incomplete";

/** Pages of the index that one step of a merge rewrites: about a millisecond. */
const MERGE_STEP_PAGES = 16;
/**
 * In `turn_search_data`, the first id of the lists of removed rows: "tombstone" pages, which FTS5 keeps for tables with
 * `contentless_delete` beyond those of the segments (FTS5_TOMBSTONE_ROWID in its source).
 */
const FIRST_TOMBSTONE_ID = 2 ** 16 * 2 ** 37;

/**
 * The turn index on FTS5. It stores stems only, never the text (`content=''`), and a "scope" column of one token per
 * user and one per chat, so that a search reads the lists of one user however many there are.
 * `turn_search_rows` gives turns the integer ids that FTS5 needs; its trigger keeps both in step, cascades included.
 */
export function createSqliteTurnIndex(): TurnIndex {
  return {
    async create(db) {
      await sql`create virtual table turn_search using fts5(
        scope, question, answer, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'
      )`.execute(db);
      await sql`create table turn_search_rows (
        id integer primary key autoincrement,
        turn_id text not null unique references turns (id) on delete cascade
      )`.execute(db);
      await sql`create trigger turn_search_rows_gone after delete on turn_search_rows begin
        delete from turn_search where rowid = old.id;
      end`.execute(db);
    },

    async write(db, turn) {
      await remove(db, [turn.turnId]);
      const { rows } = await sql<{ id: number }>`
        insert into turn_search_rows (turn_id) values (${turn.turnId}) returning id`.execute(db);
      const scope = `${scopeOf(turn)}${turn.goesOn === true ? ` ${incompleteToken}` : ""}`;
      await sql`insert into turn_search (rowid, scope, question, answer)
        values (${rows[0]?.id}, ${scope}, ${stemsOf(turn.userText)}, ${stemsOf(turn.assistantText)})`.execute(
        db,
      );
    },

    remove,

    async removeChat(db, chatId) {
      await sql`delete from turn_search_rows
        where turn_id in (select id from turns where chat_id = ${chatId})`.execute(db);
    },

    async incomplete(db) {
      const { rows } = await sql<{ turnId: string }>`
        select r.turn_id as "turnId" from turn_search join turn_search_rows r on r.id = turn_search.rowid
        where turn_search match ${`scope : "${incompleteToken}"`} order by r.id`.execute(db);
      return rows.map(({ turnId }) => turnId);
    },

    async find(db, query) {
      const { rows } = await sql<{ turnId: string; rank: number }>`
        select r.turn_id as "turnId", bm25(turn_search, 0.0, 1.0, 1.0) as rank
        from turn_search join turn_search_rows r on r.id = turn_search.rowid
          join turns t on t.id = r.turn_id join chats c on c.id = t.chat_id
        where turn_search match ${expression(query)} and t.deleted_at_ms is null and c.deleted_at_ms is null
        order by rank, r.id desc limit ${query.limit}`.execute(db);
      // FTS5 gives the best match the lowest number.
      return rows.map(({ turnId, rank }) => ({ turnId, score: -rank }));
    },
  };
}

/**
 * Removing a row from a table without content only notes that it is gone; its words stay in the segments of the index
 * until these are merged. Merges them all, in small steps; does nothing when nothing was removed. Ends early when
 * `signal` aborts. Resolves to whether it has changed anything.
 */
export async function forgetRemoved(db: Kysely<Tables>, signal: AbortSignal): Promise<boolean> {
  const { rows } = await sql`select 1 from turn_search_data
    where id >= ${sql.lit(FIRST_TOMBSTONE_ID)} limit 1`.execute(db);
  if (rows.length === 0) return false;
  // A negative number begins a merge of all segments into one, further steps go on with it.
  let changed = await mergeStep(db, -MERGE_STEP_PAGES);
  while (changed && !signal.aborted) {
    await pause();
    changed = await mergeStep(db, MERGE_STEP_PAGES);
  }
  return true;
}

/** Resolves to whether there was anything left to merge: then more than the command itself counts as a change. */
async function mergeStep(db: Kysely<Tables>, pages: number): Promise<boolean> {
  return db.connection().execute(async (one) => {
    const changes = async () => {
      const { rows } = await sql<{ n: number }>`select total_changes() as n`.execute(one);
      return rows[0]?.n ?? 0;
    };
    const before = await changes();
    await sql`insert into turn_search (turn_search, rank) values ('merge', ${sql.lit(pages)})`.execute(one);
    return (await changes()) - before > 1;
  });
}

/**
 * {@link CompleteEntry} in a thread that does nothing else. Stems are found first, which takes long, and without a lock.
 *
 * @param threadDb the database in that thread
 */
export function createSqliteCompletion(threadDb: Kysely<Tables>, thread: SqliteThread): CompleteEntry {
  return async (turnId) => {
    using held = new DisposableStack();
    held.use(thread.hold());
    await thread.run("create temp table if not exists stemmed (id, user_id, chat_id, question, answer)");
    await thread.run("delete from temp.stemmed");
    const { rows } = await thread.run(
      `insert into temp.stemmed
       select r.id, t.user_id, t.chat_id, stems_of(t.user_text), stems_of(t.assistant_text)
       from turns t join turn_search_rows r on r.turn_id = t.id where t.id = ?
       returning user_id as userId, chat_id as chatId`,
      [turnId],
    );
    const [turn] = rows as { userId: string; chatId: string }[];
    if (turn === undefined) return;
    // An entry that was written anew meanwhile has another id.
    await sql`insert or replace into turn_search (rowid, scope, question, answer)
      select id, ${scopeOf(turn)}, question, answer from temp.stemmed
      where id in (select id from turn_search_rows)`.execute(threadDb);
    await thread.run("delete from temp.stemmed");
  };
}

async function remove(db: Kysely<Tables>, turnIds: readonly string[]): Promise<void> {
  await sql`delete from turn_search_rows where turn_id in (${sql.join(turnIds)})`.execute(db);
}

/** An FTS5 expression of quoted strings; terms are letters and digits, so nothing a person types becomes syntax. */
function expression(query: IndexQuery): string {
  const scope = [userToken(query.userId), ...(query.chatId === undefined ? [] : [chatToken(query.chatId)])];
  const terms = query.terms.map(termExpression).join(query.match === "all" ? " AND " : " OR ");
  return `scope : (${scope.map((token) => `"${token}"`).join(" AND ")}) AND {question answer} : (${terms})`;
}

/** The word itself is named beside its prefix so that whole words outrank beginnings of longer ones. */
function termExpression({ stem, prefix }: SearchTerm): string {
  return prefix ? `("${stem}" OR "${stem}" *)` : `"${stem}"`;
}

function scopeOf({ userId, chatId }: { readonly userId: string; readonly chatId: string }): string {
  return `${userToken(userId)} ${chatToken(chatId)}`;
}

/** Ids are hashed because the tokenizer would split them at their dashes. */
function userToken(userId: string): string {
  return `u${createHash("sha256").update(userId).digest("hex").slice(0, 32)}`;
}

function chatToken(chatId: string): string {
  return `c${createHash("sha256").update(chatId).digest("hex").slice(0, 32)}`;
}
