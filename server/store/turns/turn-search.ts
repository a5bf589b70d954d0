import type { Kysely } from "kysely";
import type { SearchHit, SearchOptions } from "#server/domain/chats/ports.ts";
import { LoopTurns } from "#server/domain/loop-turns.ts";
import { occurrencesIn } from "../search/occurrences.ts";
import { newestOf, shortlist } from "../search/rank.ts";
import { foldInPlace } from "../search/search-text.ts";
import { planSearch, type SearchPlan, type SearchTerm } from "../search/search-terms.ts";
import type { IndexQuery, TurnIndex } from "../search/turn-index.ts";
import { Guesses, typoRange, type TypoRange } from "../search/typos.ts";
import type { Tables } from "../sql/schema.ts";
import { ChosenHits, type Search, type Title } from "./chosen-hits.ts";
import { hitRows } from "./hit-texts.ts";
import { goesByMeaning, withMeant, type WordHits } from "./meant-hits.ts";

const MAX_SEARCH_HITS = 100;
/** Matches whose texts are read and ranked at once. */
const CLOSE_LOOK = 100;
/** Chats whose titles count: those that were changed last. */
const MAX_TITLES = 2000;
const MAX_TITLED_CHATS = 100;
/** Shortest stem, and shortest whole word, that longer words may begin with, when there is no turn with the word itself. */
const MIN_STEM_CHARS = 4;
const MIN_BEGINNING_CHARS = 3;

/**
 * `TurnStore.search`.
 *
 * @param roomy the same database where a query does not hold up the event loop
 */
export async function searchTurns(
  { db, roomy }: { readonly db: Kysely<Tables>; readonly roomy: Kysely<Tables> },
  index: TurnIndex,
  userId: string,
  query: string,
  options: SearchOptions,
): Promise<readonly SearchHit[]> {
  const limit = Math.min(Math.max(Math.trunc(options.limit), 0), MAX_SEARCH_HITS);
  if (limit === 0) return [];
  const from = (await index.isLarge(db)) ? roomy : db;
  const chatIds = await chatsOf(from, userId, options);
  if (chatIds?.length === 0) return [];
  let titles: Promise<readonly Title[]> | undefined;
  const search: Search = {
    db: from,
    index,
    userId,
    options,
    limit,
    titles: () => (titles ??= chatIds === undefined ? newestTitles(from, userId) : Promise.resolve([])),
    chatIds,
    rejected: new Set(),
  };
  const plan = planSearch(query);
  if (plan.terms.length + plan.phrases.length === 0) return [];
  const meant = goesByMeaning(search, plan) ? options.meaning?.() : undefined;
  const found = await wordSearch(search, plan);
  return withMeant({ ...search, db: roomy }, plan, found, await meant);
}

/** Chats that may be searched. */
function searchable(db: Kysely<Tables>, userId: string) {
  return db
    .selectFrom("chats")
    .select(["id", "title"])
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .where("temporary", "=", 0);
}

async function newestTitles(db: Kysely<Tables>, userId: string): Promise<readonly Title[]> {
  return searchable(db, userId).orderBy("updated_at_ms", "desc").limit(MAX_TITLES).execute();
}

/** Undefined: wherever. */
async function chatsOf(
  db: Kysely<Tables>,
  userId: string,
  { chatId, inChat }: SearchOptions,
): Promise<readonly string[] | undefined> {
  if (chatId !== undefined) {
    const own = await searchable(db, userId).where("id", "=", chatId).execute();
    return own.map(({ id }) => id);
  }
  if (inChat === undefined) return undefined;
  const wanted = foldInPlace(inChat.trim());
  const all = await searchable(db, userId).orderBy("updated_at_ms", "desc").execute();
  return chatsWhere(all, ({ id, title }) => id === inChat || foldInPlace(title).includes(wanted));
}

/** All words; else beginnings of words, words that may have been meant, any of the words. The first that finds ends it. */
async function wordSearch(search: Search, plan: SearchPlan): Promise<WordHits> {
  const exact = await allOf(search, plan);
  if (exact.length > 0) return { hits: exact, isExact: true };
  return { hits: await guessedSearch(search, plan), isExact: false };
}

async function guessedSearch(search: Search, plan: SearchPlan): Promise<readonly SearchHit[]> {
  // Seldom, since beginnings cost the index far more than words.
  const begun = plan.terms.map((term) => ({ ...term, prefix: term.prefix || mayBegin(term) }));
  if (begun.some(({ prefix }, at) => prefix !== plan.terms[at]?.prefix)) {
    const hits = await allOf(search, { ...plan, terms: begun });
    if (hits.length > 0) return hits;
  }
  // From here on code may be spelled otherwise.
  search.rejected.clear();
  const terms = plan.terms.map((term) => ({ ...term, inCode: undefined }));
  const free = { ...plan, terms, literals: [], needles: [] };
  const guessed = await withGuesses(search, terms);
  if (guessed !== undefined) {
    const hits = await allOf(search, { ...free, terms: guessed });
    if (hits.length > 0) return hits;
  }
  if (!plan.isQuestion) return [];
  return hitsOf(search, free, "any");
}

function mayBegin({ stem, word, isQuoted, inCode }: SearchTerm): boolean {
  if (isQuoted || inCode === "inside") return false;
  return stem.length >= MIN_STEM_CHARS || (stem === word && word.length >= MIN_BEGINNING_CHARS);
}

async function allOf(search: Search, plan: SearchPlan): Promise<readonly SearchHit[]> {
  return hitsOf(search, plan, "all");
}

async function indexQuery(
  search: Search,
  { terms, needles }: Pick<SearchPlan, "terms" | "needles">,
  match: IndexQuery["match"],
): Promise<IndexQuery> {
  const { userId, chatIds, options } = search;
  const { role, afterMs, beforeMs } = options;
  const isTitled = match === "all" && terms.length > 1;
  const titled = isTitled ? await Promise.all(terms.map((term) => titledBy(search, term))) : [];
  return { userId, chatIds, terms, match, role, afterMs, beforeMs, titled, needles };
}

/** Chats with the term in their titles. */
async function titledBy(search: Search, term: SearchTerm): Promise<readonly string[]> {
  if (term.isQuoted || term.inCode !== undefined) return [];
  return chatsWhere(await search.titles(), ({ title }) => occurrencesIn(title, [term]).length > 0);
}

/** The first of some chats that are so. */
async function chatsWhere(
  titles: readonly Title[],
  isSo: (title: Title) => boolean,
): Promise<readonly string[]> {
  const loop = new LoopTurns();
  const chats: string[] = [];
  for (const title of titles) {
    if (isSo(title)) chats.push(title.id);
    if (chats.length === MAX_TITLED_CHATS) break;
    await loop.give();
  }
  return chats;
}

/** The terms with guesses for those of which there is nothing at all; undefined when there is no guess. */
async function withGuesses(
  search: Search,
  terms: readonly SearchTerm[],
): Promise<readonly SearchTerm[] | undefined> {
  let isGuessed = false;
  const guessed: SearchTerm[] = [];
  for (const term of terms) {
    const range = term.isQuoted ? undefined : typoRange(term.word, term.stem);
    const known =
      range === undefined || (await titledBy(search, term)).length > 0 || (await isKnown(search, term));
    const others = known ? [] : await guessesFor(search, term, range);
    isGuessed ||= others.length > 0;
    guessed.push(others.length === 0 ? term : { ...term, others });
  }
  return isGuessed ? guessed : undefined;
}

async function isKnown(search: Search, term: SearchTerm): Promise<boolean> {
  const query = await indexQuery(search, { terms: [term], needles: [] }, "any");
  return (await search.index.find(search.db, query, 1)).length > 0;
}

/** A large index may have a hundred thousand words that begin alike. */
async function guessesFor(
  { db, index, userId }: Search,
  { word, stem }: SearchTerm,
  range: TypoRange,
): Promise<readonly string[]> {
  const guesses = new Guesses(word, stem);
  const loop = new LoopTurns();
  for await (const words of index.wordsIn(db, userId, range)) {
    for (const candidate of words) {
      guesses.consider(candidate);
      await loop.give();
    }
  }
  return guesses.best();
}

/** The best of what the index finds. */
async function hitsOf(
  search: Search,
  plan: SearchPlan,
  match: IndexQuery["match"],
): Promise<readonly SearchHit[]> {
  const { db, index, limit } = search;
  const chosen = new ChosenHits(search, plan);
  const query = await indexQuery(search, plan, match);
  const matches = await index.find(db, query);
  let best = matches;
  if (best.length > CLOSE_LOOK && plan.terms.length > 0) {
    best = shortlist(best, await index.termCounts(db, query, best), plan.terms.length);
  }
  const newestMs = newestOf(matches);
  for (let at = 0; at < best.length && chosen.hits.length < limit; at += CLOSE_LOOK) {
    const ids = best.slice(at, at + CLOSE_LOOK).map(({ turnId }) => turnId);
    const unread = ids.filter((id) => !search.rejected.has(id));
    await chosen.add(await hitRows(db, unread), newestMs);
  }
  if (match === "all" && chosen.hits.length < limit) {
    const turnIds = await titledTurns(search, plan, chosen.chats);
    await chosen.add(await hitRows(db, turnIds), newestMs);
  }
  return chosen.hits;
}

/** The first turns of chats whose titles have all that was asked for, but none of whose turns were found. */
async function titledTurns(
  { db, titles, options }: Search,
  { terms, literals, phrases }: SearchPlan,
  found: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (literals.length + phrases.length > 0 || options.role !== undefined) return [];
  const chats = await chatsWhere(
    await titles(),
    ({ id, title }) => !found.has(id) && terms.every((term) => occurrencesIn(title, [term]).length > 0),
  );
  if (chats.length === 0) return [];
  const { afterMs = Number.MIN_SAFE_INTEGER, beforeMs = Number.MAX_SAFE_INTEGER } = options;
  const rows = await db
    .selectFrom("turns as t")
    .select("t.id")
    .where("t.chat_id", "in", chats)
    .where("t.created_at_ms", ">=", afterMs)
    .where("t.created_at_ms", "<", beforeMs)
    .where(({ eb, selectFrom }) =>
      eb(
        "t.turn_index",
        "=",
        selectFrom("turns as u")
          .select(({ fn }) => fn.min("u.turn_index").as("first"))
          .whereRef("u.chat_id", "=", "t.chat_id")
          .where("u.deleted_at_ms", "is", null),
      ),
    )
    .execute();
  return rows.map(({ id }) => id);
}
