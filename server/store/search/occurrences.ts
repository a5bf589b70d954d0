import { foldInPlace, tokensOf, type Token } from "./search-text.ts";
import type { SearchTerm } from "./search-terms.ts";

/** A place in a text: JavaScript offsets (UTF-16 code units), the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a term of a query stands. */
export interface Occurrence extends Span {
  /** Number of the term. */
  readonly term: number;
  /** False for the beginning of a longer word. */
  readonly whole: boolean;
}

/** More of one term in one text say nothing more. */
const MAX_PER_TERM = 50;

const wordCharacter = /[\p{L}\p{M}\p{N}]/u;
const wordAt = /[\p{L}\p{M}\p{N}]+(?:\+\+|#(?![\p{L}\p{N}]))?|\p{Extended_Pictographic}/uy;
const unspaced = /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]/u;
/**
 * Text whose characters do not stand where they stand once folded: with marks that are folded away, and letters and numbers that
 * Unicode knows as forms of others.
 */
const moves =
  /[[\p{M}[\u00aa-\u00be\u0130\u0132-\u017f\u01c4-\u01f3\u1e9a\u1e9b\u2070-\u218f\u2460-\u24ff\u3131-\u33ff\uf900-\uffef\u{1d400}-\u{1d7ff}\u{1f100}-\u{1f1ff}]]&&[\p{M}\p{L}\p{N}]]/v;
/** Most texts have none of these, which is far quicker to find out. */
const stays =
  /^[\0-\x7f\u0400-\u0481\u048a-\u04ff\u2010-\u2027\u3001\u3002\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3]*$/;
const MAX_WORD_CHARS = 200;

/** Where the terms of a query stand in a text, by term; only the first places of each. */
export function occurrencesIn(text: string, terms: readonly SearchTerm[]): readonly Occurrence[] {
  if (!stays.test(text) && moves.test(text)) return inTokens(text, terms);
  const folded = foldInPlace(text);
  return terms.flatMap((term, number) =>
    [term.stem, ...(term.others ?? [])].flatMap((stem) => placesOf(text, folded, { ...term, stem }, number)),
  );
}

function inTokens(text: string, terms: readonly SearchTerm[]): readonly Occurrence[] {
  const found: Occurrence[] = [];
  for (const token of tokensOf(text)) {
    for (const [number, term] of terms.entries()) {
      const whole = matchOf(term, token);
      if (whole !== undefined) found.push({ start: token.start, end: token.end, term: number, whole });
    }
  }
  return found;
}

/** Whether a token is the term as a whole; undefined when it is another. */
function matchOf({ stem, prefix, others }: SearchTerm, token: Token): boolean | undefined {
  if (token.stem === stem || others?.includes(token.stem) === true) return true;
  return prefix && token.stem.startsWith(stem) ? false : undefined;
}

/** Stems keep how their words begin, so a text is searched for that, and only what begins so is looked at. */
function placesOf(text: string, folded: string, term: SearchTerm, number: number): readonly Occurrence[] {
  const found: Occurrence[] = [];
  const isPair = unspaced.test(term.stem);
  const seed = isPair ? term.stem : term.stem.slice(0, Math.max(1, term.stem.length - 2));
  for (let at = folded.indexOf(seed); at !== -1; at = folded.indexOf(seed, at + 1)) {
    if (isPair) found.push({ start: at, end: at + seed.length, term: number, whole: true });
    else {
      const token = tokenAt(text, at, term);
      if (token !== undefined)
        found.push({ start: token.start, end: token.end, term: number, whole: token.stem === term.stem });
    }
    if (found.length === MAX_PER_TERM) break;
  }
  return found;
}

/** The token of the term that begins there. */
function tokenAt(text: string, at: number, term: SearchTerm): Token | undefined {
  let start = at;
  while (start > 0 && at - start < MAX_WORD_CHARS && wordCharacter.test(characterBefore(text, start)))
    start -= characterBefore(text, start).length;
  // In the middle of a word only a part of one in camel case begins, or a word behind a script without blanks.
  if (start < at && !/\p{Lu}/u.test(text.charAt(at)) && !unspaced.test(characterBefore(text, at)))
    return undefined;
  wordAt.lastIndex = start;
  const word = wordAt.exec(text)?.[0];
  if (word === undefined) return undefined;
  for (const token of tokensOf(word)) {
    if (token.start + start !== at || matchOf(term, token) === undefined) continue;
    return { ...token, start: at, end: token.end + start };
  }
  return undefined;
}

function characterBefore(text: string, at: number): string {
  const unit = text.charAt(at - 1);
  return /[\udc00-\udfff]/.test(unit) && at > 1 ? text.slice(at - 2, at) : unit;
}

/** The places of some patterns of literal text. */
export function literalsIn(text: string, patterns: readonly RegExp[]): readonly Span[] {
  if (patterns.length === 0) return [];
  const folded = foldInPlace(text);
  return patterns.flatMap((pattern) =>
    [...folded.matchAll(pattern)].slice(0, MAX_PER_TERM).map(({ index, 0: found }) => ({
      start: index,
      end: index + found.length,
    })),
  );
}

/** In order, those that touch or overlap as one. */
export function joined(spans: readonly Span[]): readonly Span[] {
  const all: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = all.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else all.push({ start, end });
  }
  return all;
}
