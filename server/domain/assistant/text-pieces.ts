/** Characters of one piece of a replayed answer: small enough to show at once, few enough for a long answer. */
const PIECE_CHARS = 256;

/** Cuts a stored answer into pieces of about 256 characters, after a space where there is one, never inside a character. */
export function* textPieces(text: string): Generator<string, void, void> {
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + PIECE_CHARS, text.length);
    if (end < text.length) {
      const space = text.lastIndexOf(" ", end - 1) + 1;
      if (space > start + PIECE_CHARS / 2) end = space;
      else if (isLowSurrogate(text.charCodeAt(end))) end -= 1;
    }
    yield text.slice(start, end);
    start = end;
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
