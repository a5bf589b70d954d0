import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Tables } from "../sql/schema.ts";
import type { SearchTerm } from "./search-terms.ts";
import type { TypoRange } from "./typos.ts";

/** In the scope of an entry that holds only how the answer begins. */
export const INCOMPLETE = "incomplete";
export const INCOMPLETE_AT_ONCE = 200;

/** A turn and its entry. */
export interface Incomplete {
  readonly entry: number;
  readonly turnId: string;
}
/** Of so many turns that match, the newest, the best are looked for. */
export const MAX_MATCHES = 2000;
/** Of the different stems of a question and of an answer, so that both fit into a tsvector (1 MB). */
export const MAX_QUESTION_BYTES = 300_000;
export const MAX_ANSWER_BYTES = 650_000;

/** The searchable text of one turn. */
interface IndexedTurn {
  readonly turnId: string;
  readonly chatId: string;
  readonly userId: string;
  readonly userText: string;
  readonly assistantText: string;
  readonly createdAtMs: number;
  /** `assistantText` is only how the answer begins: the entry is to be completed. */
  readonly goesOn?: boolean;
}

/** Work on the index that would hold up the event loop. */
export interface IndexWork {
  /** Makes an entry that holds only how an answer begins a whole one; nothing when the turn has changed. */
  complete(turnId: string): Promise<void>;
  /** Writes the next entries of an index of an earlier version anew, the newest first; false when there were none. */
  rebuildSome(): Promise<boolean>;
}

export type Role = "user" | "assistant";

export interface IndexQuery {
  readonly userId: string;
  /** Only in these chats; absent: in all of the user. */
  readonly chatIds: readonly string[] | undefined;
  /** Without one, all turns match. */
  readonly terms: readonly SearchTerm[];
  /** Whether a turn needs every term, or any of them. */
  readonly match: "all" | "any";
  /** Only in what this side said. */
  readonly role: Role | undefined;
  readonly afterMs: number | undefined;
  readonly beforeMs: number | undefined;
  /** By term: chats whose titles have it. With one of all terms in its own text, a turn of theirs needs it no more. */
  readonly titled: readonly (readonly string[])[];
  /** ASCII in lower case: of the turns that match, those that certainly lack one of these in short texts are left out. */
  readonly needles: readonly string[];
}

export interface Match {
  readonly turnId: string;
  readonly createdAtMs: number;
  /** The number of the entry: newer ones have higher ones. */
  readonly entry: number;
  /** What {@link TurnIndex.termCounts} tells, of an index that finds out both at once. */
  readonly counted?: number;
}

/** Of so many bytes, a text is looked through by the database; what is longer is read in pieces. */
const MAX_SHORT_BYTES = 8_192;

/** Letters that are ASCII once folded: see `foldInPlace`. */
export const FOLDED_TO_ASCII = "[\u00c0-\u024f\u1e00-\u1eff\u212a\u212b]";

/** What only a database's own functions can tell of a text. */
export interface TextSyntax {
  /** That it holds some ASCII, in whatever case; `needle` is in lower case. */
  holds(text: RawBuilder<unknown>, needle: string): RawBuilder<unknown>;
  /** That it has letters of {@link FOLDED_TO_ASCII}. */
  isFolded(text: RawBuilder<unknown>): RawBuilder<unknown>;
}

/**
 * Of at most {@link MAX_MATCHES} rows those whose turns may hold all needles, so that the texts of the others need not be brought here.
 * Where letters would have to be folded for that, or a text is long, only our code can tell.
 */
export function narrowed(
  rows: RawBuilder<Match>,
  needles: readonly string[],
  { holds, isFolded }: TextSyntax,
): RawBuilder<Match> {
  if (needles.length === 0) return rows;
  const lacks = (text: RawBuilder<unknown>, needle: string) =>
    sql`octet_length(${text}) <= ${sql.lit(MAX_SHORT_BYTES)} and not ${holds(text, needle)}
      and (octet_length(${text}) = length(${text}) or not ${isFolded(text)})`;
  const lacking = needles.map(
    (needle) => sql`(${lacks(sql.ref("user_text"), needle)} and ${lacks(sql.ref("assistant_text"), needle)})`,
  );
  // Neither "exists", for which PostgreSQL may read all turns, nor a value, for which SQLite looks at every part of the condition.
  return sql`select * from (${rows}) as found
    where (select 1 from turns where id = found."turnId" and not (${sql.join(lacking, sql` or `)})) is not null`;
}

/** How the vectors of turns are kept beside the index. */
export interface VectorSyntax {
  /** The table whose rows are the entries of the index, with `id` in the order of their writing, and `turn_id`. */
  readonly entries: "turn_search" | "turn_search_rows";
  /** One bit per number of a vector, as the column `bits` keeps it. */
  bits(signs: readonly boolean[]): RawBuilder<unknown>;
  /** In how many bits the column `bits` differs. On SQLite only where its searches have a thread. */
  distance(bits: RawBuilder<unknown>): RawBuilder<number>;
}

/** A full-text index of turns: the seam behind which a database's own search lives. Runs in the caller's transaction. */
export interface TurnIndex {
  readonly vectors: VectorSyntax;
  /** Makes its tables, with an entry yet to be written for every turn there is. */
  create(db: Kysely<Tables>): Promise<void>;
  /** Adds or replaces the entry of a turn. */
  write(db: Kysely<Tables>, turn: IndexedTurn): Promise<void>;
  /** Adds entries to be completed, for turns of one chat that have none: nothing of them is found until then. */
  announce(
    db: Kysely<Tables>,
    scope: Pick<IndexedTurn, "userId" | "chatId">,
    turnIds: readonly string[],
  ): Promise<void>;
  /** At least one turn. */
  remove(db: Kysely<Tables>, turnIds: readonly string[]): Promise<void>;
  /** The next entries that hold only how the answer begins, the oldest first: after an import there are tens of thousands. */
  incomplete(db: Kysely<Tables>, after?: number): Promise<readonly Incomplete[]>;
  /** How many entries an index of another version, or a new one, has yet to write anew; at most. */
  outdated(db: Kysely<Tables>): Promise<number>;
  /** Empties a damaged index, all of whose entries are then outdated. */
  reset(db: Kysely<Tables>): Promise<void>;
  /** Whether its queries may hold up the event loop. */
  isLarge(db: Kysely<Tables>): Promise<boolean>;
  /** The newest that match, newest first, at most {@link MAX_MATCHES} or `limit`; nothing of what is deleted. */
  find(db: Kysely<Tables>, query: IndexQuery, limit?: number): Promise<readonly Match[]>;
  /**
   * How many of the terms stand in the question, and, where any of them is enough, how many in the turn on top of that; by
   * entry.
   *
   * @param matches of that query, newest first; at least one
   */
  termCounts(
    db: Kysely<Tables>,
    query: IndexQuery,
    matches: readonly Match[],
  ): Promise<ReadonlyMap<number, number>>;
  /** Words of the index in a range, some at a time; on PostgreSQL of the user's newest turns. */
  wordsIn(db: Kysely<Tables>, userId: string, range: TypoRange): AsyncIterable<readonly string[]>;
}
