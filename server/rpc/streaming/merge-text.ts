/** Longest overlap that is looked for, in words. */
const OVERLAP_MAX_WORDS = 1_000;
/** A word cut off in the middle ("wor", then "world") counts as an overlap from this length on. */
const CUT_WORD_MIN_CHARS = 3;
/** A single word comes again in any sentence: only one that was among the last is a part of a snapshot. */
const LAST_WORDS = 2;

/**
 * Words, each character of scripts that set no spaces between them, emoji and the letters of flags. In a word there may be
 * characters that only say how it is broken or joined.
 */
const everyWord =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{Extended_Pictographic}\p{RI}]\p{M}*|[[\p{L}\p{N}\p{M}_]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]][[\p{L}\p{N}\p{M}_\xAD\u200C\u200D]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]]*/gv;
const unspaced =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/**
 * How much of a word has other spellings. To bring a row of marks into order takes a time that grows with its square, and a
 * prompt may be nothing but one such row.
 */
const FOLDED_CHARS = 200;
/** What one snapshot writes and the next leaves out: signs of breaks and joints, and the vowels of Arabic. */
const optional = /[\u064B-\u0652\u0670]|\xAD|\u200C|\u200D/gu;

interface Word {
  /** As it is compared: recognisers change capitals, punctuation and spelling of the same letters between two snapshots. */
  readonly folded: string;
  readonly start: number;
}

/**
 * Joins two pieces of one dictated prompt. Clients send pieces that follow each other, or snapshots of all that was
 * recognised so far, which may grow, shrink or move: a piece that holds all that was there replaces it, one that is
 * there already changes nothing, and what ends the first and begins the second is kept once. Words are compared whole:
 * "I like cat" and "to be" share a "t", but no word.
 */
export function mergeText(before: string, added: string): string {
  const [old, fresh] = [wordsOf(before), wordsOf(added)];
  if (added.startsWith(before) || holds(fresh, old)) return added;
  if (holds(fresh.length === 1 ? old.slice(-LAST_WORDS) : old, fresh)) return before;
  const overlap = overlapOf(old, fresh);
  const [first] = fresh;
  if (overlap > 0) return before.slice(0, old.at(-overlap)?.start) + added.slice(first?.start);
  const isOneText = isUnspaced(old.at(-1)) && isUnspaced(first);
  return isOneText || isApart(before, added) ? before + added : `${before} ${added}`;
}

function isApart(before: string, added: string): boolean {
  return /(?:^|\s)$/u.test(before) || /^(?:$|\s|[.,;:!?…)\]}])/u.test(added);
}

function isUnspaced(word: Word | undefined): boolean {
  return word !== undefined && unspaced.test(word.folded);
}

function wordsOf(text: string): readonly Word[] {
  return Array.from(text.matchAll(everyWord), ({ 0: word, index }) => ({
    folded: fold(word),
    start: index,
  }));
}

/** One spelling: "Straße" as "STRASSE", "ё" as "е", wide letters as narrow ones. */
function fold(word: string): string {
  if (word.length > FOLDED_CHARS) return fold(word.slice(0, FOLDED_CHARS)) + word.slice(FOLDED_CHARS);
  return word.replaceAll(optional, "").normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ё", "е");
}

/** A syllable of Korean is written as one character and has two or three letters. */
function lettersOf(word: string): number {
  if (word.length >= CUT_WORD_MIN_CHARS) return word.length;
  return word.normalize("NFD").replaceAll(/\p{M}/gu, "").length;
}

function holds(words: readonly Word[], part: readonly Word[]): boolean {
  const joined = (some: readonly Word[]): string => ` ${some.map(({ folded }) => folded).join(" ")} `;
  return part.length > 0 && joined(words).includes(joined(part));
}

/** How many words end the first and begin the second; the last of them may have been cut off. */
function overlapOf(old: readonly Word[], fresh: readonly Word[]): number {
  for (let count = Math.min(old.length, fresh.length, OVERLAP_MAX_WORDS); count > 0; count -= 1) {
    const isSame = fresh.slice(0, count).every(({ folded }, index) => {
      const word = old[old.length - count + index]?.folded ?? "";
      const isCut = index === count - 1 && lettersOf(word) >= CUT_WORD_MIN_CHARS && folded.startsWith(word);
      return folded === word || isCut;
    });
    // One character of such a script is hardly a word.
    if (isSame && (count > 1 || !isUnspaced(fresh[0]))) return count;
  }
  return 0;
}
