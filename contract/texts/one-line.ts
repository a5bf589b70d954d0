/** A text on one line, without control characters, marks that turn the direction of text, or halves of characters. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu, " ")
    .trim();
}
