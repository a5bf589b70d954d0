/** Longest overlap that is looked for, in characters. */
const OVERLAP_MAX_CHARS = 2_000;

const lastWords = /\S+(?:\s+\S+){0,1}\s*$/u;
/** A word cut off in the middle ("wor", then "world") counts as an overlap from this length on. */
const CUT_WORD_MIN_CHARS = 3;

/**
 * Joins two pieces of one dictated prompt. Clients send pieces that follow each other, or snapshots of all that was
 * recognised so far, which may grow, shrink or move: a piece that holds all that was there replaces it, one that is
 * there already changes nothing, and what ends the first and begins the second is kept once. Words are compared whole:
 * "I like cat" and "to be" share a "t", but no word.
 */
export function mergeText(before: string, added: string): string {
  if (before === "" || added === "") return before + added;
  if (added.startsWith(before) || holds(added, before)) return added;
  if (isSaidAlready(before, added)) return before;
  const overlap = overlapOf(before, added);
  if (overlap > 0) return before + added.slice(overlap);
  const apart = /\s$/u.test(before) || /^\s/u.test(added) || /^[.,;:!?…)\]}]/u.test(added);
  return apart ? before + added : `${before} ${added}`;
}

/** A single word comes again in any sentence: only one that was among the last is a part of a snapshot. */
function isSaidAlready(before: string, added: string): boolean {
  const isOneWord = !/\s/u.test(added.trim());
  return holds(isOneWord ? (lastWords.exec(before)?.[0] ?? before) : before, added);
}

function holds(text: string, part: string): boolean {
  const words = part.trim();
  if (words === "") return false;
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (isBoundary(text, at) && isBoundary(text, at + words.length)) return true;
  }
  return false;
}

function overlapOf(before: string, added: string): number {
  const longest = Math.min(before.length, added.length, OVERLAP_MAX_CHARS);
  for (let length = longest; length > 0; length -= 1) {
    const start = before.length - length;
    if (!before.endsWith(added.slice(0, length)) || !isBoundary(before, start)) continue;
    if (isBoundary(added, length) || cutWordLength(added, length) >= CUT_WORD_MIN_CHARS) return length;
  }
  return 0;
}

/** Length of the word that ends before `end`. */
function cutWordLength(text: string, end: number): number {
  let start = end;
  while (isWordCharacter(text[start - 1])) start -= 1;
  return end - start;
}

/** Whether no word runs across this place. */
function isBoundary(text: string, index: number): boolean {
  return !(isWordCharacter(text[index - 1]) && isWordCharacter(text[index]));
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}\p{M}_]/u.test(character);
}
