/** Longest overlap that is looked for, in characters. */
const OVERLAP_MAX_CHARS = 2_000;

/**
 * Joins two pieces of one dictated prompt. A piece that has grown from all that was there replaces it; otherwise it is
 * added, and words that end the first and begin the second are kept once. An overlap counts only when it is whole
 * words: "I like cat" and "to be" share a "t", but no word.
 */
export function mergeText(before: string, added: string): string {
  if (before === "" || added === "") return before + added;
  if (added.startsWith(before)) return added;
  const overlap = overlapOf(before, added);
  if (overlap > 0) return before + added.slice(overlap);
  const apart = /\s$/u.test(before) || /^\s/u.test(added) || /^[.,;:!?…)\]}]/u.test(added);
  return apart ? before + added : `${before} ${added}`;
}

function overlapOf(before: string, added: string): number {
  const longest = Math.min(before.length, added.length, OVERLAP_MAX_CHARS);
  for (let length = longest; length > 0; length -= 1) {
    const start = before.length - length;
    if (!before.endsWith(added.slice(0, length))) continue;
    if (isBoundary(before, start) && isBoundary(added, length)) return length;
  }
  return 0;
}

/** Whether no word runs across this place. */
function isBoundary(text: string, index: number): boolean {
  return !(isWordCharacter(text[index - 1]) && isWordCharacter(text[index]));
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}\p{M}_]/u.test(character);
}
