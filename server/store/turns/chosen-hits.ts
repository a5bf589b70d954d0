import type { Kysely } from "kysely";
import type { SearchHit, SearchOptions } from "#server/domain/chats/ports.ts";
import { LoopTurns } from "#server/domain/loop-turns.ts";
import { occurrencesIn } from "../search/occurrences.ts";
import { scoresOf } from "../search/rank.ts";
import type { SearchPlan } from "../search/search-terms.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import type { Tables } from "../sql/schema.ts";
import { holds, shownOf, sideOf, type HitRow } from "./hit-texts.ts";
import { shownTurns } from "./turn-tree.ts";

export interface Title {
  readonly id: string;
  readonly title: string;
}

/** One search: where, and for whom. */
export interface Search {
  readonly db: Kysely<Tables>;
  readonly index: TurnIndex;
  readonly userId: string;
  readonly options: SearchOptions;
  readonly limit: number;
  /** Those that were changed last, read once it is clear that they count; none where a search is within chats. */
  readonly titles: () => Promise<readonly Title[]>;
  readonly chatIds: readonly string[] | undefined;
  /** Turns that lack what is looked for as it stands, and need not be read again. */
  readonly rejected: Set<string>;
}

/** The hits of a search as they are found. */
export class ChosenHits {
  readonly hits: SearchHit[] = [];
  /** Chats of which there were any, also those of which there were too many. */
  readonly chats = new Set<string>();
  readonly #search: Search;
  readonly #plan: SearchPlan;
  readonly #perChat = new Map<string, number>();
  readonly #loop = new LoopTurns();

  constructor(search: Search, plan: SearchPlan) {
    this.#search = search;
    this.#plan = plan;
  }

  /** Those that hold all they must, best first. */
  async add(rows: readonly HitRow[], newestMs: number): Promise<void> {
    const { db, options, limit } = this.#search;
    const { perChat = limit, shownOnly = false } = options;
    const shown = shownOnly ? await shownTurns(db, [...new Set(rows.map((row) => row.chat_id))]) : undefined;
    const held = await this.#holding(rows);
    for (const { row, score } of await this.#ranked(held, newestMs)) {
      if (this.hits.length === limit) return;
      if (shown?.has(row.id) === false) continue;
      this.chats.add(row.chat_id);
      const taken = this.#perChat.get(row.chat_id) ?? 0;
      if (taken === perChat) continue;
      this.#perChat.set(row.chat_id, taken + 1);
      this.hits.push(await hitOf(this.#search, this.#plan, row, score));
      await this.#loop.give();
    }
  }

  /** Those with all that is looked for as it stands: far cheaper to find out than how often each word is in a text. */
  async #holding(rows: readonly HitRow[]): Promise<readonly HitRow[]> {
    const patterns = [...this.#plan.phrases, ...this.#plan.literals];
    if (patterns.length === 0) return rows;
    const { db, options, rejected } = this.#search;
    const held: HitRow[] = [];
    for (const row of rows) {
      if (await holds(db, row, patterns, options.role)) held.push(row);
      else rejected.add(row.id);
      await this.#loop.give();
    }
    return held;
  }

  async #ranked(rows: readonly HitRow[], newestMs: number) {
    const ranked = [];
    for (const row of rows) {
      if (row.user_id !== this.#search.userId) continue;
      const { terms } = this.#plan;
      ranked.push({
        row,
        createdAtMs: row.created_at_ms,
        question: sideOf(row.user_text, terms),
        answer: sideOf(row.assistant_text, terms),
        titled: terms.map((term) => occurrencesIn(row.title, [term]).length > 0),
      });
      await this.#loop.give();
    }
    const scores = scoresOf(ranked, newestMs);
    return ranked
      .map(({ row }, at) => ({ row, score: scores[at] ?? 0 }))
      .toSorted(
        (a, b) =>
          b.score - a.score ||
          b.row.created_at_ms - a.row.created_at_ms ||
          b.row.turn_index - a.row.turn_index,
      );
  }
}

/** What a search shows of a turn. */
export async function hitOf(
  { db, options }: Search,
  plan: SearchPlan,
  row: HitRow,
  score: number,
): Promise<SearchHit> {
  return {
    chatId: row.chat_id,
    chatTitle: row.title,
    turnId: row.id,
    turnIndex: row.turn_index,
    createdAtMs: row.created_at_ms,
    score,
    ...(await shownOf(db, row, plan, options.role)),
  };
}
