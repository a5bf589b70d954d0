import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { stemsOf, type SearchTerm } from "./search-text.ts";
import type { IndexQuery, TurnIndex } from "./turn-index.ts";

/** Limits of tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html). */
const MAX_LEXEME_BYTES = 2046;
const MAX_VECTOR_BYTES = 1_000_000;
const MAX_POSITION = 16_383;
const MAX_POSITIONS_PER_LEXEME = 255;
/** What one lexeme costs in a tsvector besides its letters and positions. */
const LEXEME_OVERHEAD_BYTES = 8;

/**
 * The turn index on a tsvector. It stores stems only, never the text, and a "scope" of the user and the chat in the
 * same GIN index, so that a search reads the lists of one user however many there are.
 * Vectors and queries are written out by us: PostgreSQL's own parser would split some of our words again.
 */
export function createPostgresTurnIndex(): TurnIndex {
  return {
    async create(db) {
      await sql`create table turn_search (
        turn_id text primary key references turns (id) on delete cascade,
        scope text[] not null,
        words tsvector not null
      )`.execute(db);
      await sql`create index turn_search_by_words on turn_search using gin (scope, words)`.execute(db);
    },

    async write(db, turn) {
      const words = vectorOf(`${stemsOf(turn.userText)} ${stemsOf(turn.assistantText)}`);
      await sql`insert into turn_search (turn_id, scope, words)
        values (${turn.turnId}, ${scopeOf(turn.userId, turn.chatId)}, ${words}::tsvector)
        on conflict (turn_id) do update set scope = excluded.scope, words = excluded.words`.execute(db);
    },

    async remove(db, turnIds) {
      await sql`delete from turn_search where turn_id in (${sql.join(turnIds)})`.execute(db);
    },

    async removeChat(db, chatId) {
      await sql`delete from turn_search
        where turn_id in (select id from turns where chat_id = ${chatId})`.execute(db);
    },

    find,
  };
}

async function find(
  db: Kysely<Tables>,
  query: IndexQuery,
): Promise<readonly { readonly turnId: string; readonly score: number }[]> {
  const wanted = query.terms.map(termQuery).join(query.match === "all" ? " & " : " | ");
  const beginnings = query.terms.map(termQuery).join(" | ");
  const whole = query.terms.map(({ stem }) => quote(stem)).join(" | ");
  // The whole word counts once more than its beginning. 1 has longer texts count less for the same words.
  const { rows } = await sql<{ turnId: string; score: number }>`
    select s.turn_id as "turnId",
      ts_rank(s.words, ${beginnings}::tsquery, 1) + ts_rank(s.words, ${whole}::tsquery, 1) as score
    from turn_search s join turns t on t.id = s.turn_id join chats c on c.id = t.chat_id
    where t.deleted_at_ms is null and c.deleted_at_ms is null and s.scope @> ${scopeOf(query.userId, query.chatId)} and s.words @@ ${wanted}::tsquery
    order by score desc, t.created_at_ms desc, s.turn_id limit ${query.limit}`.execute(db);
  return rows;
}

function scopeOf(userId: string, chatId: string | undefined): RawBuilder<unknown> {
  const user = `u:${userId}`;
  return chatId === undefined ? sql`array[${user}]::text[]` : sql`array[${user}, ${`c:${chatId}`}]::text[]`;
}

function termQuery({ stem, prefix }: SearchTerm): string {
  return prefix ? `${quote(stem)}:*` : quote(stem);
}

/** Stems are letters, marks and digits, so nothing a person types becomes syntax. */
function quote(stem: string): string {
  return `'${cut(stem)}'`;
}

/** The text form of a tsvector: each stem once, with its places. What goes beyond a tsvector's limits is left out. */
function vectorOf(stems: string): string {
  const places = new Map<string, number[]>();
  let bytes = 0;
  let position = 0;
  for (const stem of stems.split(" ")) {
    if (stem === "") continue;
    position = Math.min(position + 1, MAX_POSITION);
    const lexeme = cut(stem);
    let known = places.get(lexeme);
    if (known === undefined) {
      bytes += Buffer.byteLength(lexeme) + LEXEME_OVERHEAD_BYTES;
      if (bytes > MAX_VECTOR_BYTES) break;
      places.set(lexeme, (known = []));
    }
    if (known.length === MAX_POSITIONS_PER_LEXEME || known.at(-1) === MAX_POSITION) continue;
    bytes += 2;
    known.push(position);
  }
  return [...places].map(([lexeme, at]) => `'${lexeme}':${at.join(",")}`).join(" ");
}

/** The same for stored words and asked ones, so that even a longer word is found. */
function cut(stem: string): string {
  if (stem.length * 3 <= MAX_LEXEME_BYTES) return stem;
  return stem.slice(0, Math.floor(MAX_LEXEME_BYTES / 3)).toWellFormed();
}
