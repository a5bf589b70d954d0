import { stem } from "./stemmer.ts";

/**
 * What comes after in a word is no part of it for the index. To bring a row of marks into order takes a time that grows
 * with its square, and a message may be nothing but one such row.
 */
const MAX_WORD_CHARS = 200;

/** A word with what belongs to the names of some languages ("C++", "F#"), or an emoji. */
const tokenPattern = /([\p{L}\p{M}\p{N}]+)(\+\+|#(?![\p{L}\p{N}]))?|\p{Extended_Pictographic}/gu;
/** Scripts that put no blanks between words: two neighbouring characters are a word for the index. */
const unspaced = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]/u;
const runPattern =
  /([\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]+)|[^\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]+/gu;
const camelCase = /\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u;
const camelPattern = /\p{Lu}+(?!\p{Ll})[\p{N}]*|\p{Lu}?[^\p{Lu}]+/gu;
/** Scripts whose marks people leave out. */
const markedAtWill = /[\p{Script=Latin}\p{Script=Hebrew}\p{Script=Arabic}]/u;
/** Letters of which case, marks and width are all that there may be to fold away. */
const beyondPlain = /[^\0-\x7f\u0400-\u04ff]/;

/** What the index knows of a piece of a text, and where that piece is: JavaScript offsets, the end exclusive. */
export interface Token {
  readonly stem: string;
  readonly start: number;
  readonly end: number;
  /** "part": of a word in camel case, which is a token too. "pair": two neighbours of a script without blanks. */
  readonly kind: "word" | "part" | "pair";
}

/** All tokens of a text, in order. The same for the index, for queries and for what is marked in a hit. */
export function* tokensOf(text: string): Generator<Token> {
  const known = new Map<string, readonly Token[]>();
  for (const match of text.matchAll(tokenPattern)) {
    const [all, word, suffix = ""] = match;
    let tokens = known.get(all);
    if (tokens === undefined) known.set(all, (tokens = tokensOfWord(word ?? all, suffix)));
    for (const token of tokens) yield moved(token, match.index);
  }
}

function moved(token: Token, by: number): Token {
  return { ...token, start: token.start + by, end: token.end + by };
}

function tokensOfWord(word: string, suffix: string): readonly Token[] {
  const tokens: Token[] = [];
  const add = (text: string, start: number, kind: Token["kind"], end = start + text.length): void => {
    const key = stem(fold(text));
    if (key !== "") tokens.push({ stem: key, start, end, kind });
  };
  const addWord = (text: string, start: number): void => {
    add(text, start, "word");
    const isLast = start + text.length === word.length;
    if (isLast && suffix !== "")
      tokens.push({ stem: fold(text) + suffix, start, end: word.length + suffix.length, kind: "word" });
    if (text.length > MAX_WORD_CHARS || !camelCase.test(text)) return;
    for (const part of text.matchAll(camelPattern)) add(part[0], start + part.index, "part");
  };
  if (!unspaced.test(word)) addWord(word, 0);
  else
    for (const run of word.matchAll(runPattern)) {
      if (run[1] === undefined) addWord(run[0], run.index);
      else addPairs(run[0], run.index, add);
    }
  return tokens;
}

/** Every character begins a pair, the last one stands alone: so one character is found by the beginnings of pairs. */
function addPairs(
  run: string,
  at: number,
  add: (text: string, start: number, kind: Token["kind"]) => void,
): void {
  let previous = "";
  let start = at;
  for (const character of run) {
    if (previous !== "") {
      add(previous + character, start, "pair");
      start += previous.length;
    }
    previous = character;
  }
  add(previous, start, "pair");
}

/** The different stems of a text, in order, separated by spaces; not more than so many bytes. */
export function stemsOf(text: string, maxBytes = Number.POSITIVE_INFINITY): string {
  const seen = new Set<string>();
  const stems = new Set<string>();
  let bytes = 0;
  for (const [all, word, suffix = ""] of text.matchAll(tokenPattern)) {
    if (seen.has(all)) continue;
    seen.add(all);
    for (const { stem: key } of tokensOfWord(word ?? all, suffix)) {
      if (stems.has(key)) continue;
      bytes += Buffer.byteLength(key) + STEM_OVERHEAD_BYTES;
      if (bytes > maxBytes) return [...stems].join(" ");
      stems.add(key);
    }
  }
  return [...stems].join(" ");
}

/** What a stem costs in a tsvector besides its letters. */
const STEM_OVERHEAD_BYTES = 12;

/**
 * One spelling per word: lower case, "ё" as "е", Latin letters without diacritics, Hebrew and Arabic without points,
 * full-width ones as usual.
 */
export function fold(word: string): string {
  const lower = word.slice(0, MAX_WORD_CHARS).toWellFormed().toLowerCase();
  if (!beyondPlain.test(lower)) return lower.replaceAll("ё", "е");
  const usual = lower
    .normalize("NFKC")
    // "𝔉" has no lower case, the "F" that it becomes has.
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}]/gu, "");
  // Elsewhere marks tell letters apart: "й" is not "и".
  const bare = markedAtWill.test(usual) ? usual.normalize("NFD").replace(/\p{M}/gu, "") : usual;
  return bare.replaceAll("ё", "е").slice(0, MAX_WORD_CHARS).toWellFormed();
}

/**
 * A text in which literal pieces of a query are looked for: as {@link fold}, but each character where it was, so that
 * offsets in it are offsets in the text.
 */
export function foldInPlace(text: string): string {
  const lower = text.toLowerCase();
  const inPlace = lower.length === text.length ? lower : text.replace(/\P{ASCII}/gu, lowerInPlace);
  return inPlace.replaceAll("ё", "е").replace(/[\u00e0-\u024f\u1e00-\u1eff]/g, (letter) => {
    const bare = letter.normalize("NFD").charAt(0);
    return bare === "" ? letter : bare;
  });
}

function lowerInPlace(character: string): string {
  const lower = character.toLowerCase();
  return lower.length === character.length ? lower : character;
}
