import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { chatToken, ownStems, scopeOf, userToken, wordMark } from "./scope-tokens.ts";
import { countOutdated, INDEX_VERSIONS, outdateAll } from "./index-state.ts";
import type { SearchTerm } from "./search-terms.ts";
import {
  FOLDED_TO_ASCII,
  INCOMPLETE,
  INCOMPLETE_AT_ONCE,
  MAX_ANSWER_BYTES,
  MAX_MATCHES,
  MAX_QUESTION_BYTES,
  narrowed,
  type IndexQuery,
  type Match,
  type Role,
  type TextSyntax,
  type TurnIndex,
  type Incomplete,
} from "./turn-index.ts";
import type { TypoRange } from "./typos.ts";

/** An index of more entries is asked in a thread: FTS5 may need more than 20 ms. */
const LARGE_ENTRIES = 20_000;
/** Words that are read together: FTS5 counts the entries of each. */
const WORDS_AT_ONCE = 500;
const columns: Readonly<Record<Role, string>> = { user: "question", assistant: "answer" };

/**
 * The turn index on FTS5. It stores stems only, never the text (`content=''`), each with a mark of its user, so that a search
 * reads the lists of one user however many there are; and a "scope" column of one token per user and one per chat. Places in the text are not
 * kept (`detail=column`): what depends on them is looked up in the text.
 * `turn_search_rows` gives turns the integer ids that FTS5 needs, in the order in which they ended; its trigger keeps
 * both in step, cascades included. `turn_search_state` tells up to which id entries are of an earlier version.
 */
export function createSqliteTurnIndex(): TurnIndex {
  return {
    vectors: {
      entries: "turn_search_rows",
      bits: (signs) => sql`${packed(signs)}`,
      distance: (bits) => sql<number>`hamming(bits, ${bits})`,
    },

    create,

    async write(db, turn) {
      await remove(db, [turn.turnId]);
      const { rows } = await sql<{ id: number }>`insert into turn_search_rows (turn_id, created_at_ms)
        values (${turn.turnId}, ${turn.createdAtMs}) returning id`.execute(db);
      const scope = `${scopeOf(turn.userId, turn.chatId)}${turn.goesOn === true ? ` ${INCOMPLETE}` : ""}`;
      const question = ownStems(turn.userId, turn.userText, MAX_QUESTION_BYTES);
      const answer = ownStems(turn.userId, turn.assistantText, MAX_ANSWER_BYTES);
      await sql`insert into turn_search (rowid, scope, question, answer)
        values (${rows[0]?.id}, ${scope}, ${question}, ${answer})`.execute(db);
    },

    async announce(db, { userId, chatId }, turnIds) {
      await sql`insert into turn_search_rows (turn_id, created_at_ms)
        select id, created_at_ms from turns where id in (${sql.join(turnIds)}) order by turn_index`.execute(
        db,
      );
      const scope = `${scopeOf(userId, chatId)} ${INCOMPLETE}`;
      await sql`insert into turn_search (rowid, scope, question, answer)
        select id, ${scope}, '', '' from turn_search_rows where turn_id in (${sql.join(turnIds)})`.execute(
        db,
      );
    },

    remove,

    async incomplete(db, after = 0) {
      // As a parameter it would be a floating-point number, at which FTS5 does not begin.
      const { rows } = await sql<Incomplete>`
        select r.id as entry, r.turn_id as "turnId" from turn_search join turn_search_rows r on r.id = turn_search.rowid
        where turn_search match ${`scope : "${INCOMPLETE}"`} and turn_search.rowid > ${sql.lit(after)}
        order by turn_search.rowid limit ${sql.lit(INCOMPLETE_AT_ONCE)}`.execute(db);
      return rows;
    },

    outdated: (db) => countOutdated(db, "turn_search_rows"),

    async reset(db) {
      await createWords(db);
      await outdateAll(db, "turn_search_rows");
    },

    async isLarge(db) {
      const { rows } = await sql<{
        last: number | null;
      }>`select max(id) as last from turn_search_rows`.execute(db);
      return (rows[0]?.last ?? 0) > LARGE_ENTRIES;
    },

    find,

    termCounts,

    wordsIn,
  };
}

/** Eight in a byte. */
function packed(signs: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(signs.length / 8));
  for (const [at, isSet] of signs.entries())
    if (isSet) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
  return bytes;
}

async function createWords(db: Kysely<Tables>): Promise<void> {
  await sql`drop table if exists turn_search_words`.execute(db);
  await sql`drop table if exists turn_search`.execute(db);
  // Every stem is one token: all that is not ASCII belongs to it, and so do these two.
  await sql`create virtual table turn_search using fts5(
    scope, question, answer, content='', contentless_delete=1, detail=column, tokenize='ascii tokenchars ''+#'''
  )`.execute(db);
  await sql`create virtual table turn_search_words using fts5vocab(turn_search, 'row')`.execute(db);
}

async function remove(db: Kysely<Tables>, turnIds: readonly string[]): Promise<void> {
  await sql`delete from turn_search_rows where turn_id in (${sql.join(turnIds)})`.execute(db);
}

async function find(db: Kysely<Tables>, query: IndexQuery, limit = MAX_MATCHES): Promise<readonly Match[]> {
  const { afterMs, beforeMs } = query;
  const since: RawBuilder<unknown> = afterMs === undefined ? sql`` : sql`and r.created_at_ms >= ${afterMs}`;
  const until: RawBuilder<unknown> = beforeMs === undefined ? sql`` : sql`and r.created_at_ms < ${beforeMs}`;
  const matches = sql<Match>`
    select turn_search.rowid as entry, r.turn_id as "turnId", r.created_at_ms as "createdAtMs"
    from turn_search join turn_search_rows r on r.id = turn_search.rowid
    where turn_search match ${expression(query)} ${since} ${until}
    order by turn_search.rowid desc limit ${sql.lit(limit)}`;
  const { rows } = await narrowed(matches, query.needles, texts).execute(db);
  return rows.toSorted((a, b) => b.entry - a.entry);
}

const texts: TextSyntax = {
  holds: (text, needle) => sql`instr(lower(${text}), ${needle}) > 0`,
  isFolded: (text) => sql`${text} glob ${`*${FOLDED_TO_ASCII}*`}`,
};

/** An FTS5 expression of quoted strings; terms hold no quotes, so nothing a person types becomes syntax. */
function expression(query: IndexQuery): string {
  const { terms, titled, userId } = query;
  const scope = chatsExpression(query);
  if (terms.length === 0) return `${scope}scope : "${userToken(userId)}"`;
  const within = query.role === undefined ? "{question answer}" : columns[query.role];
  const own = terms.map((term) => `${within} : (${termExpression(term, userId)})`);
  const any = `(${own.join(" OR ")})`;
  if (query.match === "any") return `${scope}${any}`;
  const all = own.map((term, number) => {
    const chats = (titled[number] ?? []).map((chatId) => `"${chatToken(chatId)}"`);
    return chats.length === 0 ? term : `(${term} OR scope : (${chats.join(" OR ")}))`;
  });
  // A title alone does not make every turn of its chat a hit.
  const said = titled.some((chats) => chats.length > 0) ? `${any} AND ` : "";
  return `${scope}${said}${all.join(" AND ")}`;
}

/** Of which chats, before what is said. */
function chatsExpression({ chatIds }: IndexQuery): string {
  if (chatIds === undefined) return "";
  return `scope : (${chatIds.map((chatId) => `"${chatToken(chatId)}"`).join(" OR ")}) AND `;
}

function termExpression({ stem, prefix, parts, others = [] }: SearchTerm, userId: string): string {
  const mark = wordMark(userId);
  const quoted = (word: string): string => `"${mark}${word}"`;
  const whole = [prefix ? `${quoted(stem)} *` : quoted(stem), ...others.map(quoted)];
  if (parts !== undefined) whole.push(`(${parts.map(quoted).join(" AND ")})`);
  return whole.join(" OR ");
}

async function create(db: Kysely<Tables>): Promise<void> {
  await sql`drop trigger if exists turn_search_rows_gone`.execute(db);
  await sql`drop table if exists turn_search_rows`.execute(db);
  await createWords(db);
  await sql`create table turn_search_rows (
      id integer primary key autoincrement,
      turn_id text not null unique references turns (id) on delete cascade,
      created_at_ms integer not null
    )`.execute(db);
  await sql`create trigger turn_search_rows_gone after delete on turn_search_rows begin
      delete from turn_search where rowid = old.id;
    end`.execute(db);
  await sql`create table turn_search_state (version integer not null, outdated integer not null)`.execute(db);
  await sql`insert into turn_search_rows (turn_id, created_at_ms)
      select t.id, t.created_at_ms from turns t join chats c on c.id = t.chat_id
      where t.status <> 'running' and t.deleted_at_ms is null and c.deleted_at_ms is null
      order by t.created_at_ms, t.turn_index`.execute(db);
  await sql`insert into turn_search_state (version, outdated)
      select ${INDEX_VERSIONS.turn_search_rows}, coalesce(max(id), 0) from turn_search_rows`.execute(db);
}

async function termCounts(
  db: Kysely<Tables>,
  query: IndexQuery,
  matches: readonly Match[],
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  const scope = chatsExpression(query);
  const sides = query.match === "all" ? ["question"] : ["question", "{question answer}"];
  const terms = query.terms.map((term) => termExpression(term, query.userId));
  // As a parameter it would be a floating-point number, at which FTS5 does not stop.
  const from = sql.lit(matches.at(-1)?.entry ?? 0);
  for (const wanted of sides.flatMap((side) => terms.map((term) => `${scope}${side} : (${term})`))) {
    const { rows } = await sql<{ id: number }>`select rowid as id from turn_search
        where turn_search match ${wanted} and rowid >= ${from}
        order by rowid desc limit ${sql.lit(MAX_MATCHES)}`.execute(db);
    for (const { id } of rows) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

async function* wordsIn(
  db: Kysely<Tables>,
  userId: string,
  { first, end, minChars, maxChars }: TypoRange,
): AsyncGenerator<readonly string[]> {
  const mark = wordMark(userId);
  for (let last: string | undefined = mark + first; last !== undefined;) {
    const { rows } = await sql<{ term: string }>`select term from turn_search_words
      where term >= ${last} and term <> ${last} and term < ${mark + end}
        and length(term) between ${mark.length + minChars} and ${mark.length + maxChars}
      order by term limit ${sql.lit(WORDS_AT_ONCE)}`.execute(db);
    yield rows.map(({ term }) => term.slice(mark.length));
    last = rows.length < WORDS_AT_ONCE ? undefined : rows.at(-1)?.term;
  }
}
