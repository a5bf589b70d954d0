import type { SearchHit } from "#server/domain/chats/ports.ts";
import type { QueryVector } from "#server/domain/semantic/ports.ts";
import type { SearchPlan } from "../search/search-terms.ts";
import { nearTurns } from "../search/turn-vectors.ts";
import { hitOf, type Search } from "./chosen-hits.ts";
import { hitRows, type HitRow } from "./hit-texts.ts";
import { shownTurns } from "./turn-tree.ts";

/** How much less a place counts the further down it is: that of the paper on reciprocal rank fusion (Cormack 2009). */
const RANK_OFFSET = 60;
/** Nearest turns of which texts are read; those of chats that have enough hits already are among them. */
const CLOSE_LOOK = 100;

/** What was found by words. */
export interface WordHits {
  /** Best first. */
  readonly hits: readonly SearchHit[];
  /** They have all that was asked for, as it was typed. */
  readonly isExact: boolean;
}

/** Whether meaning counts. Which of both sides said it, a vector does not tell. */
export function goesByMeaning({ options }: Pick<Search, "options">, plan: SearchPlan): boolean {
  return options.role === undefined && plan.phrases.length + plan.literals.length === 0;
}

/**
 * Adds turns that mean what the query does: both lists are merged by rank (reciprocal rank fusion). No hit that has all words
 * gives its place to one of these.
 */
export async function withMeant(
  search: Search,
  plan: SearchPlan,
  { hits, isExact }: WordHits,
  meaning: QueryVector | undefined,
): Promise<readonly SearchHit[]> {
  if (meaning === undefined) return hits;
  const near = await nearRows(search, meaning);
  const scores = new Map<string, number>();
  for (const ids of [hits.map(({ turnId }) => turnId), near.map(({ id }) => id)]) {
    for (const [at, id] of ids.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (RANK_OFFSET + at + 1));
  }
  const scoreOf = (id: string): number => scores.get(id) ?? 0;
  const known = new Map(hits.map((hit) => [hit.turnId, hit]));
  const kept = isExact ? hits : [];
  const room = new Room(search, kept);
  const candidates = [
    ...(isExact ? [] : hits.map(({ turnId, chatId }) => ({ turnId, chatId }))),
    ...near.filter(({ id }) => !known.has(id)).map((row) => ({ turnId: row.id, chatId: row.chat_id })),
  ].toSorted((a, b) => scoreOf(b.turnId) - scoreOf(a.turnId));
  const rows = new Map(near.map((row) => [row.id, row]));
  const chosen = [
    ...kept.map(({ turnId }) => turnId),
    ...candidates.filter((one) => room.takes(one)).map(({ turnId }) => turnId),
  ];
  const merged: SearchHit[] = [];
  for (const id of chosen.toSorted((a, b) => scoreOf(b) - scoreOf(a))) {
    const hit = known.get(id);
    const row = rows.get(id);
    if (hit !== undefined) merged.push({ ...hit, score: scoreOf(id) });
    else if (row !== undefined) merged.push(await hitOf(search, plan, row, scoreOf(id)));
  }
  return merged;
}

/** The nearest turns that may be shown, the most alike first. */
async function nearRows(
  { db, index, userId, options, chatIds }: Search,
  meaning: QueryVector,
): Promise<readonly HitRow[]> {
  const near = await nearTurns(db, index, userId, meaning, { ...options, chatIds });
  const ids = near.slice(0, CLOSE_LOOK).map(({ turnId }) => turnId);
  const rows = new Map((await hitRows(db, ids)).map((row) => [row.id, row]));
  const chats = new Set([...rows.values()].map((row) => row.chat_id));
  const shown = options.shownOnly === true ? await shownTurns(db, [...chats]) : undefined;
  return ids.flatMap((id) => {
    const row = rows.get(id);
    return row === undefined || row.user_id !== userId || shown?.has(id) === false ? [] : [row];
  });
}

/** How many hits there may yet be, of all and of each chat. */
class Room {
  readonly #perChat: number;
  readonly #taken = new Map<string, number>();
  #left: number;

  constructor({ limit, options }: Search, kept: readonly SearchHit[]) {
    this.#left = limit;
    this.#perChat = options.perChat ?? limit;
    for (const hit of kept) this.takes(hit);
  }

  takes({ chatId }: { readonly chatId: string }): boolean {
    const taken = this.#taken.get(chatId) ?? 0;
    if (this.#left === 0 || taken === this.#perChat) return false;
    this.#left -= 1;
    this.#taken.set(chatId, taken + 1);
    return true;
  }
}
