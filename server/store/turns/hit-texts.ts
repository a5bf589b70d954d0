import { sql, type Kysely } from "kysely";
import type { HitPlace, SearchOptions } from "#server/domain/chats/ports.ts";
import { headlineAt } from "../search/headline.ts";
import { joined, literalsIn, occurrencesIn, type Occurrence, type Span } from "../search/occurrences.ts";
import type { Side } from "../search/rank.ts";
import type { SearchPlan, SearchTerm } from "../search/search-terms.ts";
import type { Tables } from "../sql/schema.ts";

/** Characters of a text that are read at a time; what matches in a longer one is looked for piece by piece. */
const PIECE_CHARS = 65_536;
/** Of a piece read again with the next, so that what lies across both is found. */
const OVERLAP_CHARS = 2_000;
/** Places in one text that a client is told of. */
const MAX_PLACES = 20;

export type HitRow = Awaited<ReturnType<typeof hitRows>>[number];

/** The turns of some matches, their texts as far as {@link PIECE_CHARS}; nothing of what is deleted. */
export async function hitRows(db: Kysely<Tables>, turnIds: readonly string[]) {
  if (turnIds.length === 0) return [];
  const rows = await db
    .selectFrom("turns")
    .select(["turns.id", "turns.chat_id", "turns.user_id", "turns.turn_index", "turns.created_at_ms"])
    // For a join, PostgreSQL would read the chats of all people.
    .select(({ selectFrom }) =>
      selectFrom("chats")
        .select("chats.title")
        .whereRef("chats.id", "=", "turns.chat_id")
        .where("chats.deleted_at_ms", "is", null)
        .where("chats.temporary", "=", 0)
        .as("title"),
    )
    .select([beginning("user_text").as("user_text"), beginning("assistant_text").as("assistant_text")])
    .select(sql<number>`octet_length(turns.user_text)`.as("user_bytes"))
    .select(sql<number>`octet_length(turns.assistant_text)`.as("assistant_bytes"))
    .where("turns.id", "in", turnIds)
    .where("turns.status", "!=", "running")
    .where("turns.deleted_at_ms", "is", null)
    .execute();
  return rows.flatMap(({ title, ...row }) => (title === null ? [] : [{ ...row, title }]));
}

function beginning(column: "user_text" | "assistant_text") {
  return sql<string>`substr(${sql.ref(`turns.${column}`)}, 1, ${sql.lit(PIECE_CHARS)})`;
}

/** A piece of what one side said, and where it begins. */
interface Piece {
  readonly role: HitPlace["role"];
  readonly text: string;
  readonly at: number;
}

/** The texts of a hit in which the query is looked for, the question first. */
function firstPieces(row: HitRow, role: SearchOptions["role"]): readonly Piece[] {
  const pieces = [
    { role: "user", text: row.user_text, at: 0 },
    { role: "assistant", text: row.assistant_text, at: 0 },
  ] as const;
  return role === undefined ? pieces : pieces.filter((piece) => piece.role === role);
}

/** The rest of long texts. */
async function* laterPieces(
  db: Kysely<Tables>,
  row: HitRow,
  role: SearchOptions["role"],
): AsyncGenerator<Piece> {
  for (const first of firstPieces(row, role)) {
    const [column, bytes] =
      first.role === "user"
        ? (["user_text", row.user_bytes] as const)
        : (["assistant_text", row.assistant_bytes] as const);
    if (bytes <= Buffer.byteLength(first.text)) continue;
    let at = first.text.length - OVERLAP_CHARS;
    if (/[\uDC00-\uDFFF]/.test(first.text.charAt(at))) at -= 1;
    // The database counts characters, JavaScript the halves of some.
    let from = charactersIn(first.text.slice(0, at));
    for (;;) {
      const piece = await db
        .selectFrom("turns")
        .select(
          sql<string>`substr(${sql.ref(column)}, ${sql.lit(from + 1)}, ${sql.lit(PIECE_CHARS)})`.as("text"),
        )
        .where("id", "=", row.id)
        .executeTakeFirst();
      const text = piece?.text ?? "";
      if (text === "") break;
      yield { role: first.role, text, at };
      const characters = [...text];
      if (characters.length < PIECE_CHARS) break;
      const step = characters.slice(0, PIECE_CHARS - OVERLAP_CHARS);
      from += step.length;
      at += step.join("").length;
    }
  }
}

function charactersIn(text: string): number {
  return Array.from(text).length;
}

/** How often the terms stand in what one side said. */
export function sideOf(text: string, terms: readonly SearchTerm[]): Side {
  const count = (found: readonly Occurrence[]) =>
    terms.map((_, term) => found.filter((occurrence) => occurrence.term === term).length);
  const found = occurrencesIn(text, terms);
  return {
    chars: text.length,
    whole: count(found.filter(({ whole }) => whole)),
    begun: count(found.filter(({ whole }) => !whole)),
  };
}

/** Whether each of the patterns is in what was said; long texts are read to their end. */
export async function holds(
  db: Kysely<Tables>,
  row: HitRow,
  patterns: readonly RegExp[],
  role: SearchOptions["role"],
): Promise<boolean> {
  let missing = patterns;
  const look = ({ text }: Piece): boolean => {
    missing = missing.filter((pattern) => literalsIn(text, [pattern]).length === 0);
    return missing.length === 0;
  };
  if (missing.length === 0 || firstPieces(row, role).some(look)) return true;
  for await (const piece of laterPieces(db, row, role)) if (look(piece)) return true;
  return false;
}

/** What a person is shown of a hit. */
export interface Shown {
  readonly headline: string;
  readonly highlights: readonly Span[];
  readonly places: readonly HitPlace[];
}

/** The line around the first match, and where in the texts the query stands. */
export async function shownOf(
  db: Kysely<Tables>,
  row: HitRow,
  plan: SearchPlan,
  role: SearchOptions["role"],
): Promise<Shown> {
  const pieces = firstPieces(row, role);
  const found = pieces.map((piece) => ({ piece, spans: spansIn(piece.text, plan) }));
  let first = found.find(({ spans }) => spans.length > 0);
  if (first === undefined) {
    for await (const piece of laterPieces(db, row, role)) {
      const spans = spansIn(piece.text, plan);
      if (spans.length === 0) continue;
      first = { piece, spans };
      found.push(first);
      break;
    }
  }
  const text = first?.piece.text ?? pieces.find((piece) => piece.text.trim() !== "")?.text ?? "";
  const headline = headlineAt(text, first?.spans[0]?.start ?? 0);
  return {
    headline,
    highlights: spansIn(headline, plan),
    places: found.flatMap(({ piece, spans }) =>
      spans.map(({ start, end }) => ({ role: piece.role, start: piece.at + start, end: piece.at + end })),
    ),
  };
}

function spansIn(text: string, { terms, literals, phrases }: SearchPlan): readonly Span[] {
  const patterns = [...phrases, ...literals];
  // What stands in quotes is marked as it stands, not word by word.
  const free = phrases.length === 0 ? terms : terms.filter(({ isQuoted }) => !isQuoted);
  return joined([...literalsIn(text, patterns), ...occurrencesIn(text, free)]).slice(0, MAX_PLACES);
}
