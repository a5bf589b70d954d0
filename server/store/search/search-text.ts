import { stem } from "./stemmer.ts";

/** Words of a query that count; more add cost and no meaning. */
const MAX_QUERY_TERMS = 16;
const MAX_QUERY_CHARS = 1000;
const MAX_HEADLINE_CHARS = 240;
/** How much of the text before the match the headline shows. */
const HEADLINE_LEAD_CHARS = 80;
/** Shorter stems match whole words only: "note" (stem "not") must not find "nothing". */
const MIN_PREFIX_CHARS = 4;
/**
 * What comes after in a word is no part of it for the index. To bring a row of marks into order takes a time that grows
 * with its square, and a message may be nothing but one such row.
 */
const MAX_WORD_CHARS = 200;

const wordPattern = /[\p{L}\p{M}\p{N}]+/gu;

/** One word of a query, as the index knows it. Holds letters and digits only. */
export interface SearchTerm {
  readonly stem: string;
  /** Whether longer words that begin with the stem match too. */
  readonly prefix: boolean;
}

/** The terms of what a person typed; empty when it has no letter or digit. */
export function queryTerms(query: string): readonly SearchTerm[] {
  const stems = new Set<string>();
  for (const [word] of query.slice(0, MAX_QUERY_CHARS).matchAll(wordPattern)) {
    stems.add(stem(fold(word)));
    if (stems.size === MAX_QUERY_TERMS) break;
  }
  return [...stems].map((value) => ({ stem: value, prefix: value.length >= MIN_PREFIX_CHARS }));
}

/** A text as the index stores it: its stems, in order, separated by spaces. */
export function stemsOf(text: string): string {
  const known = new Map<string, string>();
  const stems: string[] = [];
  for (const [word] of text.matchAll(wordPattern)) {
    let value = known.get(word);
    if (value === undefined) known.set(word, (value = stem(fold(word))));
    stems.push(value);
  }
  return stems.join(" ");
}

/** One spelling per word: lower case, "ё" as "е", Latin letters without diacritics. */
function fold(word: string): string {
  const lower = word
    .slice(0, MAX_WORD_CHARS)
    .toWellFormed()
    .toLowerCase()
    .normalize("NFC")
    .replaceAll("ё", "е");
  // Only Latin loses its marks: in Cyrillic they tell letters apart ("й" is not "и").
  return /\p{Script=Latin}/u.test(lower) ? lower.normalize("NFD").replace(/\p{M}/gu, "") : lower;
}

/** At most 240 characters of the first text with a match, around that match; the beginning when nothing matches. */
export function headline(texts: readonly string[], terms: readonly SearchTerm[]): string {
  for (const text of texts) {
    const at = firstMatch(text, terms);
    if (at !== undefined) return excerpt(text, at);
  }
  return excerpt(texts.find((text) => text.trim() !== "") ?? "", 0);
}

/** Like {@link headline} for a query without words: around the first occurrence of the very characters. */
export function literalHeadline(texts: readonly string[], needle: string): string {
  for (const text of texts) {
    const at = text.indexOf(needle);
    if (at !== -1) return excerpt(text, at);
  }
  return headline(texts, []);
}

function firstMatch(text: string, terms: readonly SearchTerm[]): number | undefined {
  if (terms.length === 0) return undefined;
  for (const match of text.matchAll(wordPattern)) {
    const folded = fold(match[0]);
    // A stem keeps the beginning of its word, so most words need no stemming here.
    if (!terms.some((term) => folded.startsWith(term.stem.slice(0, 2)))) continue;
    const value = stem(folded);
    if (terms.some((term) => value === term.stem || (term.prefix && value.startsWith(term.stem)))) {
      return match.index;
    }
  }
  return undefined;
}

function excerpt(text: string, at: number): string {
  let from = Math.max(0, at - HEADLINE_LEAD_CHARS);
  if (from > 0) {
    const space = text.slice(from, at).search(/\s/);
    if (space !== -1) from += space + 1;
  }
  // Not between the two halves of one character.
  if (/[\uDC00-\uDFFF]/.test(text.charAt(from))) from += 1;
  const before = from > 0 ? "…" : "";
  const rest = text.slice(from, from + 4 * MAX_HEADLINE_CHARS).replace(/\s+/g, " ");
  const room = MAX_HEADLINE_CHARS - before.length;
  if (rest.length <= room && from + 4 * MAX_HEADLINE_CHARS >= text.length)
    return (before + rest.trim()).toWellFormed();
  const cut = rest.slice(0, room - 1);
  const lastSpace = cut.lastIndexOf(" ");
  const whole = lastSpace > room / 2 ? cut.slice(0, lastSpace) : cut.replace(/[\uD800-\uDBFF]$/, "");
  return `${before}${whole.trim()}…`.toWellFormed();
}
