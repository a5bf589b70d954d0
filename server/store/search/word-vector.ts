/** Limits of tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html). */
const MAX_LEXEME_BYTES = 2046;
const MAX_VECTOR_BYTES = 1_000_000;
const MAX_POSITION = 16_383;
const MAX_POSITIONS_PER_LEXEME = 255;
/** What one lexeme costs in a tsvector besides its letters and positions. */
const LEXEME_OVERHEAD_BYTES = 8;

/** The text form of a tsvector: each stem once, with its places. What goes beyond a tsvector's limits is left out. */
export function vectorOf(stems: string): string {
  const places = new Map<string, number[]>();
  let bytes = 0;
  let position = 0;
  for (const stem of stems.split(" ")) {
    if (stem === "") continue;
    position = Math.min(position + 1, MAX_POSITION);
    const lexeme = cut(stem);
    let known = places.get(lexeme);
    if (known === undefined) {
      bytes += Buffer.byteLength(lexeme) + LEXEME_OVERHEAD_BYTES;
      if (bytes > MAX_VECTOR_BYTES) break;
      places.set(lexeme, (known = []));
    }
    if (known.length === MAX_POSITIONS_PER_LEXEME || known.at(-1) === MAX_POSITION) continue;
    bytes += 2;
    known.push(position);
  }
  return [...places].map(([lexeme, at]) => `'${lexeme}':${at.join(",")}`).join(" ");
}

/** The same for stored words and asked ones, so that even a longer word is found. */
export function cut(stem: string): string {
  if (stem.length * 3 <= MAX_LEXEME_BYTES) return stem;
  return stem.slice(0, Math.floor(MAX_LEXEME_BYTES / 3)).toWellFormed();
}
