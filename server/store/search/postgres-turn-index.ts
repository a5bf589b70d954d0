import { sql, type Kysely, type RawBuilder } from "kysely";
import { PLANNED_FOR_VALUES } from "../postgres/postgres-pool.ts";
import type { Tables } from "../sql/schema.ts";
import { countOutdated, INDEX_VERSIONS, outdateAll } from "./index-state.ts";
import type { SearchTerm } from "./search-terms.ts";
import {
  FOLDED_TO_ASCII,
  INCOMPLETE,
  INCOMPLETE_AT_ONCE,
  MAX_MATCHES,
  narrowed,
  type IndexQuery,
  type Match,
  type TextSyntax,
  type TurnIndex,
  type Incomplete,
} from "./turn-index.ts";
import type { TypoRange } from "./typos.ts";
import { wordsOf } from "./word-vector.ts";

/** The newest turns of a user, whose words are the guesses at a mistyped one. */
const GUESS_TURNS = 10_000;
const plannedForValues = sql.raw(PLANNED_FOR_VALUES);

/**
 * The turn index on a tsvector. It stores stems only, never the text, and a "scope" of the user and the chat in the
 * same GIN index, so that a search reads the lists of one user however many there are. The weight of a stem tells
 * whether it is in the question or in the answer.
 * Vectors and queries are written out by us: PostgreSQL's own parser would split some of our words again.
 */
export function createPostgresTurnIndex(): TurnIndex {
  return {
    vectors: {
      entries: "turn_search",
      bits: (signs) => sql`${signs.map(Number).join("")}::varbit`,
      distance: (bits) => sql<number>`bit_count(bits # ${bits})`,
    },

    create,

    async write(db, turn) {
      const words = wordsOf(turn.userText, turn.assistantText);
      const scope = scopeArray(turn.userId, [turn.chatId], turn.goesOn === true ? [INCOMPLETE] : []);
      // A new row, so that it has the number of what is newest.
      await sql`delete from turn_search where turn_id = ${turn.turnId}`.execute(db);
      await sql`insert into turn_search (turn_id, created_at_ms, scope, words)
        values (${turn.turnId}, ${turn.createdAtMs}, ${scope}, ${words}::tsvector)`.execute(db);
    },

    async announce(db, { userId, chatId }, turnIds) {
      await sql`insert into turn_search (turn_id, created_at_ms, scope, words)
        select id, created_at_ms, ${scopeArray(userId, [chatId], [INCOMPLETE])}, ''::tsvector
        from turns where id in (${sql.join(turnIds)}) order by turn_index`.execute(db);
    },

    async remove(db, turnIds) {
      await sql`delete from turn_search where turn_id in (${sql.join(turnIds)})`.execute(db);
    },

    async incomplete(db, after = 0) {
      // Materialized: there are few of them among all, which would be read in their order.
      const { rows } = await sql<Incomplete>`with found as materialized (
          select id as entry, turn_id as "turnId" from turn_search where scope @> array[${INCOMPLETE}]::text[])
        select * from found where entry > ${after} order by entry limit ${sql.lit(INCOMPLETE_AT_ONCE)}`.execute(
        db,
      );
      return rows;
    },

    outdated: (db) => countOutdated(db, "turn_search"),

    reset: (db) => outdateAll(db, "turn_search"),

    isLarge: async () => false,

    find,

    termCounts: async (_db, _query, matches) =>
      new Map(matches.map(({ entry, counted = 0 }) => [entry, counted])),

    wordsIn,
  };
}

async function find(db: Kysely<Tables>, query: IndexQuery, limit = MAX_MATCHES): Promise<readonly Match[]> {
  const { afterMs, beforeMs } = query;
  const since: RawBuilder<unknown> = afterMs === undefined ? sql`` : sql`and created_at_ms >= ${afterMs}`;
  const until: RawBuilder<unknown> = beforeMs === undefined ? sql`` : sql`and created_at_ms < ${beforeMs}`;
  // Of a lower limit PostgreSQL would hope to meet a match soon, and read every row where there is none.
  const matches = sql<Match>`
    select ${plannedForValues} id as entry, turn_id as "turnId", created_at_ms as "createdAtMs",
      ${countOf(query)} as counted
    from turn_search where ${conditionOf(query)} ${since} ${until}
    order by id desc limit ${sql.lit(MAX_MATCHES)}`;
  const { rows } = await narrowed(matches, query.needles, texts).execute(db);
  return rows.toSorted((a, b) => b.entry - a.entry).slice(0, limit);
}

const texts: TextSyntax = {
  // In a Turkish collation "I" in lower case is no "i".
  holds: (text, needle) => sql`strpos(lower(${text} collate "C"), ${needle}) > 0`,
  isFolded: (text) => sql`${text} ~ ${FOLDED_TO_ASCII}`,
};

function conditionOf(query: IndexQuery): RawBuilder<unknown> {
  const { userId, chatIds, terms, titled, role } = query;
  const weight = role === undefined ? "" : role === "user" ? "A" : "B";
  const own = terms.map((term) => weighted(term, weight));
  const inChats =
    chatIds === undefined
      ? sql``
      : sql`and scope && array[${sql.join(chatIds.map((id) => `c:${id}`))}]::text[]`;
  const whose = sql`scope @> ${scopeArray(userId, undefined)} ${inChats}`;
  if (terms.length === 0) return whose;
  if (query.match === "any") return sql`${whose} and words @@ ${own.join(" | ")}::tsquery`;
  if (titled.every((chats) => chats.length === 0))
    return sql`${whose} and words @@ ${own.map((term) => `(${term})`).join(" & ")}::tsquery`;
  const all = own.map((term, number) => {
    const chats = (titled[number] ?? []).map((id) => `c:${id}`);
    if (chats.length === 0) return sql`words @@ ${term}::tsquery`;
    return sql`(words @@ ${term}::tsquery or scope && array[${sql.join(chats)}]::text[])`;
  });
  // A title alone does not make every turn of its chat a hit.
  return sql`${whose} and words @@ ${own.join(" | ")}::tsquery and ${sql.join(all, sql` and `)}`;
}

/** @param chatIds all of them; undefined: wherever */
export function scopeArray(
  userId: string,
  chatIds: readonly string[] | undefined,
  more: readonly string[] = [],
): RawBuilder<unknown> {
  const scope = [`u:${userId}`, ...(chatIds ?? []).map((chatId) => `c:${chatId}`), ...more];
  return sql`array[${sql.join(scope)}]::text[]`;
}

/** A tsquery; stems hold no quotes, so nothing a person types becomes syntax. */
function weighted(term: SearchTerm, weight: string): string {
  const { stem, prefix, parts, others = [] } = term;
  const label = (isPrefix: boolean): string =>
    isPrefix || weight !== "" ? `:${isPrefix ? "*" : ""}${weight}` : "";
  const whole = [`'${stem}'${label(prefix)}`, ...others.map((other) => `'${other}'${label(false)}`)];
  if (parts !== undefined) whole.push(`(${parts.map((part) => `'${part}'${label(false)}`).join(" & ")})`);
  return whole.join(" | ");
}

async function create(db: Kysely<Tables>): Promise<void> {
  await sql`drop table if exists turn_search`.execute(db);
  await sql`create table turn_search (
      id bigint generated always as identity unique,
      turn_id text primary key references turns (id) on delete cascade,
      created_at_ms bigint not null,
      scope text[] not null,
      words tsvector not null
    )`.execute(db);
  await sql`create index turn_search_by_words on turn_search using gin (scope, words)`.execute(db);
  await sql`create table turn_search_state (version integer not null, outdated bigint not null)`.execute(db);
  await sql`insert into turn_search (turn_id, created_at_ms, scope, words)
      select t.id, t.created_at_ms, array['u:' || t.user_id, 'c:' || t.chat_id], ''::tsvector
      from turns t join chats c on c.id = t.chat_id
      where t.status <> 'running' and t.deleted_at_ms is null and c.deleted_at_ms is null
      order by t.created_at_ms, t.turn_index`.execute(db);
  await sql`insert into turn_search_state (version, outdated)
      select ${sql.lit(INDEX_VERSIONS.turn_search)}, coalesce(max(id), 0) from turn_search`.execute(db);
}

/** See {@link TurnIndex.termCounts}: to come back to the rows for it would take as long as to find them. */
function countOf({ terms, match }: IndexQuery): RawBuilder<number> {
  const sides = match === "all" ? ["A"] : ["A", ""];
  const counted = sides.flatMap((side) =>
    terms.map((term) => sql`(words @@ ${weighted(term, side)}::tsquery)::integer`),
  );
  return counted.length === 0 ? sql`0` : sql`${sql.join(counted, sql` + `)}`;
}

async function* wordsIn(
  db: Kysely<Tables>,
  userId: string,
  { first, end, minChars, maxChars }: TypoRange,
): AsyncGenerator<readonly string[]> {
  // Words stand in a vector in the order of their bytes: only those that begin alike are taken out of it.
  const { rows } = await sql<{ word: string }>`select ${plannedForValues} distinct word from (
        select unnest(words[width_bucket(${first} collate "C", words) + 1 : width_bucket(${end} collate "C", words)])
          collate "C" as word
        from (
          select tsvector_to_array(words) as words from turn_search where scope @> ${scopeArray(userId, undefined)}
          order by id desc limit ${sql.lit(GUESS_TURNS)}
        ) as newest
      ) as found
      where word < ${end} and length(word) between ${minChars} and ${maxChars}`.execute(db);
  yield rows.map(({ word }) => word);
}
