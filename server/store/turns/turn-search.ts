import { sql, type Kysely } from "kysely";
import type { SearchHit } from "#server/domain/chats/ports.ts";
import { headline, literalHeadline, queryTerms } from "../search/search-text.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import type { Tables, TurnRow } from "../sql/schema.ts";
import { toTurn } from "./turn-rows.ts";
import { shownTurns } from "./turn-tree.ts";

const MAX_SEARCH_HITS = 100;
/** Hits that are looked at for one that is shown: the others may be on hidden branches. */
const SHOWN_OF = 4;
/** Longest text without a letter or digit that is looked for. */
const MAX_LITERAL_CHARS = 100;

/** `TurnStore.search`. */
export async function searchTurns(
  db: Kysely<Tables>,
  index: TurnIndex,
  userId: string,
  query: string,
  options: { readonly chatId?: string; readonly limit: number; readonly shownOnly?: boolean },
): Promise<readonly SearchHit[]> {
  const wanted = Math.min(Math.max(Math.trunc(options.limit), 0), MAX_SEARCH_HITS);
  if (options.shownOnly !== true) return found(db, index, userId, query, { ...options, limit: wanted });
  const limit = Math.min(wanted * SHOWN_OF, MAX_SEARCH_HITS);
  const hits = await found(db, index, userId, query, { ...options, limit });
  const shown = await shownTurns(db, [...new Set(hits.map(({ chatId }) => chatId))]);
  return hits.filter(({ turnId }) => shown.has(turnId)).slice(0, wanted);
}

async function found(
  db: Kysely<Tables>,
  index: TurnIndex,
  userId: string,
  query: string,
  { chatId, limit }: { readonly chatId?: string; readonly limit: number },
): Promise<readonly SearchHit[]> {
  const terms = queryTerms(query);
  if (terms.length === 0) return literalSearch(db, userId, query, chatId, limit);
  const wanted = { userId, chatId, terms, limit };
  let matches = await index.find(db, { ...wanted, match: "all" });
  // A question put in words rarely has all of them in one turn.
  if (matches.length === 0 && terms.length > 1) matches = await index.find(db, { ...wanted, match: "any" });
  const scores = new Map(matches.map(({ turnId, score }) => [turnId, score]));
  const rows =
    matches.length === 0
      ? []
      : await selectHits(db, userId)
          .where("turns.id", "in", [...scores.keys()])
          .execute();
  return rows
    .map((row) => toHit(row, scores.get(row.id) ?? 0, headline([row.user_text, row.assistant_text], terms)))
    .toSorted((a, b) => b.score - a.score || b.createdAtMs - a.createdAtMs);
}

function selectHits(db: Kysely<Tables>, userId: string) {
  return db
    .selectFrom("turns")
    .innerJoin("chats", "chats.id", "turns.chat_id")
    .selectAll("turns")
    .select("chats.title as chat_title")
    .where("turns.user_id", "=", userId)
    .where("turns.deleted_at_ms", "is", null)
    .where("chats.deleted_at_ms", "is", null);
}

/** For "???" or an emoji: the very characters, newest first. Blank queries find nothing. */
async function literalSearch(
  db: Kysely<Tables>,
  userId: string,
  query: string,
  chatId: string | undefined,
  limit: number,
): Promise<readonly SearchHit[]> {
  const needle = query.trim().slice(0, MAX_LITERAL_CHARS);
  if (needle === "") return [];
  const pattern = `%${needle.replace(/[\\%_]/g, "\\$&")}%`;
  const rows = await selectHits(db, userId)
    .where("status", "!=", "running")
    .where(
      sql<boolean>`(user_text like ${pattern} escape '\\' or assistant_text like ${pattern} escape '\\')`,
    )
    .$if(chatId !== undefined, (q) => q.where("chat_id", "=", chatId ?? ""))
    .orderBy("turns.created_at_ms", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => toHit(row, 0, literalHeadline([row.user_text, row.assistant_text], needle)));
}

function toHit(
  { chat_title: chatTitle, ...row }: TurnRow & { chat_title: string },
  score: number,
  text: string,
): SearchHit {
  return {
    chatId: row.chat_id,
    chatTitle,
    turnId: row.id,
    turnIndex: row.turn_index,
    createdAtMs: row.created_at_ms,
    score,
    headline: text,
    turn: toTurn(row),
  };
}
