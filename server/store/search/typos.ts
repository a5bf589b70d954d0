import { editDistance } from "#contract/names/edit-distance.ts";

/** Shorter words are too alike to be taken for one another. */
const MIN_WORD_CHARS = 4;
/** From here on two slips are forgiven. */
const LONG_WORD_CHARS = 8;
/** More words than these are no guess at what was meant. */
const MAX_GUESSES = 20;

/** Where a word of the index must lie to be what was meant: it begins alike, and is about as long. */
export interface TypoRange {
  readonly first: string;
  /** What comes after all words that begin so. */
  readonly end: string;
  readonly minChars: number;
  readonly maxChars: number;
}

/** Undefined for a word that is too short for guesses. */
export function typoRange(word: string, stem: string): TypoRange | undefined {
  if (word.length < MIN_WORD_CHARS) return undefined;
  const slips = slipsIn(word);
  const first = word.slice(0, 1);
  const end = String.fromCodePoint((first.codePointAt(0) ?? 0) + 1);
  return { first, end, minChars: stem.length - slips, maxChars: word.length + slips };
}

function slipsIn(word: string): number {
  return word.length >= LONG_WORD_CHARS ? 2 : 1;
}

/** The nearest of those words of an index that a mistyped word may have meant. */
export class Guesses {
  readonly #word: string;
  readonly #stem: string;
  readonly #slips: number;
  #least: number;
  #nearest: string[] = [];

  constructor(word: string, stem: string) {
    this.#word = word;
    this.#stem = stem;
    this.#slips = slipsIn(word);
    this.#least = this.#slips;
  }

  consider(candidate: string): void {
    const most = this.#least;
    const near = Math.min(
      editDistance(this.#stem, candidate, most),
      this.#word === this.#stem ? most + 1 : editDistance(this.#word, candidate, most),
    );
    if (near > most) return;
    if (near < most) this.#nearest = [];
    this.#least = near;
    this.#nearest.push(candidate);
  }

  /** In the order of the alphabet. */
  best(): readonly string[] {
    return this.#nearest.toSorted((a, b) => (a < b ? -1 : 1)).slice(0, MAX_GUESSES);
  }
}
