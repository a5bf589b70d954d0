import Database from "better-sqlite3";
import { scopeOf, wordMark } from "#server/store/search/scope-tokens.ts";
import { stemsOf } from "#server/store/search/search-text.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { sqliteFile, type AuthPlace } from "./auth-data.ts";

const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;
/** Of a refresh token, from its issue. */
const tokenMs = 30 * dayMs;
const chatsPerPerson = 4;
const wordCount = 4_096;
/** The first of a text is one of so many, which therefore stand in every eighth. */
const commonWords = 8;
const wordsPerText = 8;
/** Rows of one transaction of SQLite: its journal holds all of them twice. */
const rowsPerTransaction = 100_000;
/** Rows of one statement of PostgreSQL, minutes at most: the runner ends a benchmark that says nothing for a quarter of an hour. */
const rowsPerStatement = { turns: 200_000, tokens: 1_000_000 } as const;
/** Odd, so that numbers are scattered over the words. */
const scatter = 2_654_435_761;
/** Between the numbers of two people's first turns: more than anyone has. */
const personsApart = 104_729;

/** What a company has said and done in a year. Chats of the first four are those of `personId`, the others are other people's. */
export interface CompanySizes {
  readonly personId: string;
  readonly chats: number;
  readonly turns: number;
  /** Used tokens, of sessions that are still there. */
  readonly refreshes: number;
}

/** Words whose stems are themselves, so that SQL can write the index. */
export const companyWords: readonly string[] = wordsThatAreStems();

/** Adds it by SQL, with its entries in the search index, as fast as the database takes it; names each part that is there. */
export function fillCompany(
  place: AuthPlace,
  sizes: CompanySizes,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const nowMs = Date.now();
  if (place.databaseUrl === undefined) return fillSqlite(sqliteFile(place), sizes, nowMs, signal);
  return fillPostgres(place.databaseUrl, sizes, nowMs, signal);
}

function wordsThatAreStems(): readonly string[] {
  const syllables = "ba ko lu mo nu ra tu vo zu da fo gu ho ja ku po".split(" ");
  const words: string[] = [];
  for (let rank = 0; words.length < wordCount; rank += 1) {
    const parts = [rank & 15, (rank >> 4) & 15, (rank >> 8) & 15, 7, (rank >> 12) & 15];
    const word = `${parts.map((part) => syllables[part]).join("")}k`;
    if (stemsOf(word, 1_000) === word) words.push(word);
  }
  return words;
}

/** SQL of both dialects over numbers `i` of turns, chats or tokens. */
function expressions({ personId, chats, turns, refreshes }: CompanySizes, nowMs: number) {
  const people = Math.max(1, Math.floor(chats / chatsPerPerson));
  const startMs = nowMs - yearMs;
  const person = (n: string): string => `case ${n} when 0 then '${personId}' else 'person-' || (${n}) end`;
  const chat = `(i % ${chats})`;
  const at = (count: number): string => `(${startMs} + i * ${Math.floor(yearMs / count)})`;
  // Counted within a person's own turns, so that the same person says the same words in a company and alone.
  const own = `(i / ${chats} * ${chatsPerPerson} + ${chat} / ${people} + ${chat} % ${people} * ${personsApart})`;
  const word = (salt: number, of = wordCount): string =>
    `(select word from company_words where n = ((${own} + ${salt * 7_919}) * ${scatter}) % ${of})`;
  const text = (side: number): string =>
    Array.from({ length: wordsPerText }, (_, n) =>
      word(side * wordsPerText + n, n === 0 ? commonWords : wordCount),
    ).join(" || ' ' || ");
  return {
    people,
    chats: `insert into chats (id, user_id, title, created_at_ms, updated_at_ms, pinned, archived, head_turn_id)
      select 'chat-' || i, ${person(`(i % ${people})`)}, ${word(99)}, ${startMs}, ${nowMs} - i * 1000, 0, 0,
        'turn-' || (${turns} - ${chats} + i)`,
    turns: `insert into turns (id, chat_id, user_id, parent_turn_id, turn_index, user_text, had_image, assistant_text,
        status, input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms, finished_at_ms)
      select 'turn-' || i, 'chat-' || ${chat}, ${person(`(${chat} % ${people})`)},
        case when i < ${chats} then null else 'turn-' || (i - ${chats}) end, i / ${chats}, ${text(0)}, 0, ${text(1)},
        'done', 10, 20, 'bench', 0, ${at(turns)}, ${at(turns)}`,
    families: `insert into refresh_families (id, user_id, client_id, scope, created_at_ms, expires_at_ms, auth_time_ms,
        amr, last_used_at_ms, ip, user_agent)
      select 'family-' || i, ${person("i")}, 'bench-app', 'api:read api:write', ${startMs}, ${nowMs + tokenMs}, ${startMs},
        'pwd', ${nowMs}, '10.0.0.1', 'bench'`,
    // As long as a SHA-256 in base64url; in the order of the index, which takes twenty million else for an hour.
    tokens: `insert into refresh_tokens (hash, family_id, generation, expires_at_ms, consumed_at_ms)
      select 'A' || (1000000000000 + i) || '-abcdefghijklmnopqrstuvwxyz0_', 'family-' || (i % ${people}), i / ${people},
        ${at(refreshes)} + ${tokenMs}, ${at(refreshes)} + 1000`,
  };
}

async function* fillSqlite(
  file: string,
  sizes: CompanySizes,
  nowMs: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const database = new Database(file);
  try {
    for (const setting of [
      "synchronous = off",
      "cache_size = -400000",
      "foreign_keys = off",
      "temp_store = memory",
    ])
      database.pragma(setting);
    database.exec("create temp table company_words (n integer primary key, word text)");
    const addWord = database.prepare("insert into company_words values (?, ?)");
    companyWords.forEach((word, n) => addWord.run(n, word));
    const made = expressions(sizes, nowMs);
    // The driver gives every number as a floating one.
    const numbers =
      "with recursive n(i) as (select cast(@first as integer) union all select i + 1 from n where i < cast(@last as integer))";
    const run = (text: string, count: number): void => {
      const statement = database.prepare(text.replace("select ", `${numbers} select `) + " from n");
      for (let first = 0; first < count; first += rowsPerTransaction) {
        signal.throwIfAborted();
        statement.run({ first, last: Math.min(count, first + rowsPerTransaction) - 1 });
      }
    };
    run(made.chats, sizes.chats);
    run(made.turns, sizes.turns);
    yield "turns";
    run(made.families, made.people);
    run(made.tokens, sizes.refreshes);
    yield "tokens";
    database.exec("create temp table company_scopes (chat_id text primary key, scope text, mark text)");
    const addScope = database.prepare("insert into company_scopes values (?, ?, ?)");
    const marked = (column: string): string => `mark || replace(${column}, ' ', ' ' || mark)`;
    const chats = database
      .prepare<[], { id: string; user_id: string }>("select id, user_id from chats")
      .all();
    for (const { id, user_id: userId } of chats) addScope.run(id, scopeOf(userId, id), wordMark(userId));
    database.exec(`insert into turn_search_rows (turn_id, created_at_ms)
      select id, created_at_ms from turns order by created_at_ms`);
    database.exec(`insert into turn_search (rowid, scope, question, answer)
      select r.id, scope, ${marked("user_text")}, ${marked("assistant_text")} from turn_search_rows r join turns t on t.id = r.turn_id
      join company_scopes c on c.chat_id = t.chat_id order by r.id`);
    yield "words";
    database.exec("update chats set filed_changes = changes");
    database.pragma("wal_checkpoint(truncate)");
  } finally {
    database.close();
  }
}

async function* fillPostgres(
  url: string,
  sizes: CompanySizes,
  nowMs: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const made = expressions(sizes, nowMs);
  await queryPostgres(url, "create unlogged table company_words (n bigint primary key, word text)");
  await queryPostgres(
    url,
    "insert into company_words select n - 1, word from unnest($1::text[]) with ordinality as w (word, n)",
    [companyWords],
  );
  const run = (text: string, count: number): Promise<object> =>
    queryPostgres(url, `${text} from ${series(0, count)}`);
  /** Names what is there after each statement, and the whole at its end. */
  const inParts = async function* (
    name: string,
    count: number,
    rows: number,
    textFrom: (series: string) => string,
  ): AsyncGenerator<string> {
    for (let first = 0; first < count; first += rows) {
      signal.throwIfAborted();
      const end = Math.min(count, first + rows);
      await queryPostgres(url, textFrom(series(first, end)));
      yield end === count ? name : `${name}.${end}`;
    }
  };
  await run(made.chats, sizes.chats);
  await queryPostgres(url, "analyze company_words");
  yield* inParts("turns", sizes.turns, rowsPerStatement.turns, (from) => `${made.turns} from ${from}`);
  await run(made.families, made.people);
  yield* inParts("tokens", sizes.refreshes, rowsPerStatement.tokens, (from) => `${made.tokens} from ${from}`);
  const stems = (column: string, label: string): string =>
    `'''' || replace(${column}, ' ', ''':${label} ''') || ''':${label}'`;
  const words = (from: string): string => `insert into turn_search (turn_id, created_at_ms, scope, words)
     select id, created_at_ms, array['u:' || user_id, 'c:' || chat_id],
       (${stems("user_text", "1A")} || ' ' || ${stems("assistant_text", "2B")})::tsvector
     from ${from} join turns on id = 'turn-' || i order by i`;
  yield* inParts("words", sizes.turns, rowsPerStatement.turns, words);
  await queryPostgres(url, "update chats set filed_changes = changes");
  await queryPostgres(url, "drop table company_words");
  // What a server that lives longer does by itself.
  await queryPostgres(url, "vacuum analyze");
}

/** Numbers `i`. */
function series(first: number, end: number): string {
  return `generate_series(${first}::bigint, ${end - 1}::bigint) as i`;
}
