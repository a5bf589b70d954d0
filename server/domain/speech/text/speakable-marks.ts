/** What to say of a construct and how many characters it takes; undefined when more text is needed. */
export type Step = { readonly said: string; readonly length: number } | undefined;

/**
 * Reads a run of "*", "_" or "~": emphasis is not spoken, a sign between numbers or spaces is, and an underscore inside
 * a word is a space ("snake_case"). Undefined when the next character is needed.
 * @param before the character before the run, "" at the start of a line.
 */
export function readEmphasis(text: string, at: number, before: string, ends: boolean): Step {
  const mark = text.charAt(at);
  const run = runLength(text, at);
  const next = text.charAt(at + run);
  if (next === "" && !ends) return undefined;
  if (mark === "~") return { said: run > 1 ? "" : mark, length: run };
  if (mark === "_") return { said: isWord(before) && isWord(next) ? " " : "", length: run };
  const isSign = (isDigit(before) && isDigit(next)) || (isSpace(before) && isSpace(next));
  return { said: isSign ? mark : "", length: run };
}

/** Reads "\" before punctuation as that punctuation, and "!" as itself unless it begins a picture. */
export function readEscape(text: string, at: number, ends: boolean): Step {
  const next = text.charAt(at + 1);
  if (next === "" && !ends) return undefined;
  if (text.charAt(at) === "!") return { said: next === "[" ? "" : "!", length: 1 };
  return /[!-/:-@[-`{-~]/u.test(next) ? { said: next, length: 2 } : { said: " ", length: 1 };
}

/** How often the character at a place is repeated. */
export function runLength(text: string, at: number): number {
  const char = text.charAt(at);
  let end = at;
  while (end < text.length && text.charAt(end) === char) end += 1;
  return end - at;
}

function isWord(char: string): boolean {
  return /[\p{L}\p{N}]/u.test(char);
}

function isDigit(char: string): boolean {
  return /\d/u.test(char);
}

function isSpace(char: string): boolean {
  return char === "" || /\s/u.test(char);
}
