import type { Match } from "./turn-index.ts";

/** After so long a match counts half as new: what is newer than that is told apart by how well it matches. */
const HALF_LIFE_MS = 30 * 24 * 3_600_000;
/** What the best match of any age keeps of its score. */
const OLD_SHARE = 0.5;
/** A question says what its turn is about. */
const QUESTION_WEIGHT = 2.2;
const TITLE_WEIGHT = 1;
const BEGINNING_WEIGHT = 0.5;
/** BM25's: how soon more of the same word counts less, and how much the length of a text matters. */
const SATURATION = 1.5;
const LENGTH_SHARE = 0.3;

/** How often the terms stand in one side of a turn. */
export interface Side {
  readonly chars: number;
  /** By term; beginnings of longer words apart. */
  readonly whole: readonly number[];
  readonly begun: readonly number[];
}

export interface Ranked {
  readonly createdAtMs: number;
  readonly question: Side;
  readonly answer: Side;
  /** By term: whether the title of the chat has it. */
  readonly titled: readonly boolean[];
}

/** Between 0.5 for the oldest and 1 for the newest match. */
function freshness(createdAtMs: number, newestMs: number): number {
  return OLD_SHARE + (1 - OLD_SHARE) * 2 ** (-Math.max(newestMs - createdAtMs, 0) / HALF_LIFE_MS);
}

/**
 * Which of many matches are worth a closer look, best first: those with most terms in the question, and the newer ones.
 *
 * @param counts `TurnIndex.termCounts`
 */
export function shortlist(
  matches: readonly Match[],
  counts: ReadonlyMap<number, number>,
  terms: number,
): readonly Match[] {
  const newestMs = newestOf(matches);
  const scored = matches.map((match) => {
    const share = (counts.get(match.entry) ?? 0) / terms;
    return { match, score: (1 + share) * freshness(match.createdAtMs, newestMs) };
  });
  return scored
    .toSorted((a, b) => b.score - a.score || b.match.entry - a.match.entry)
    .map(({ match }) => match);
}

export function newestOf(matches: readonly { readonly createdAtMs: number }[]): number {
  return matches.reduce((newest, { createdAtMs }) => Math.max(newest, createdAtMs), 0);
}

/**
 * The scores of some turns: BM25 over question, answer and title, by figures that are the same on every database, and
 * how new they are.
 */
export function scoresOf(turns: readonly Ranked[], newestMs: number): readonly number[] {
  const average = (side: "question" | "answer") =>
    turns.reduce((sum, turn) => sum + turn[side].chars, 0) / Math.max(turns.length, 1);
  const averages = { question: average("question"), answer: average("answer") };
  const weights = turns.map((turn) => turn.titled.map((_, term) => weightOf(turn, term, averages)));
  const rarities = (turns[0]?.titled ?? []).map((_, term) => {
    const having = weights.filter((weight) => (weight[term] ?? 0) > 0).length;
    return 1 + Math.log(turns.length / Math.max(having, 1));
  });
  return turns.map((turn, number) => {
    const relevance = (weights[number] ?? []).reduce(
      (sum, weight, term) =>
        sum + ((rarities[term] ?? 1) * weight * (SATURATION + 1)) / (weight + SATURATION),
      0,
    );
    return relevance * freshness(turn.createdAtMs, newestMs);
  });
}

function weightOf(
  { question, answer, titled }: Ranked,
  term: number,
  averages: { readonly question: number; readonly answer: number },
): number {
  return (
    QUESTION_WEIGHT * sideWeight(question, term, averages.question) +
    sideWeight(answer, term, averages.answer) +
    (titled[term] === true ? TITLE_WEIGHT : 0)
  );
}

function sideWeight({ whole, begun, chars }: Side, term: number, average: number): number {
  const length = 1 - LENGTH_SHARE + (LENGTH_SHARE * chars) / Math.max(average, 1);
  return ((whole[term] ?? 0) + BEGINNING_WEIGHT * (begun[term] ?? 0)) / length;
}
