import { setImmediate as nextLoopTurn } from "node:timers/promises";
import { sql, type RawBuilder } from "kysely";
import type { Pieces } from "#server/domain/chats/ports.ts";

/** More is encoded piece by piece, and written off the loop: to join, encode and write so much takes some milliseconds. */
const LONG_CHARS = 262_144;
/** Encoded between two turns of the event loop. */
const ENCODED_AT_ONCE_CHARS = 65_536;
/** UTF-8 takes no more for one UTF-16 code unit. */
const MAX_BYTES_PER_CHAR = 3;

export function isLong(text: Pieces): boolean {
  return lengthOf(text) > LONG_CHARS;
}

/** As it is written to a column. Of a long one the event loop does a little at a time. */
export async function textValue(text: Pieces): Promise<string | RawBuilder<string>> {
  if (typeof text === "string") return text;
  return isLong(text) ? sql<string>`cast(${await encode(text)} as text)` : text.join("");
}

/** The first `maxChars`, never half a character, and whether that is all. */
export function beginningOf(
  text: Pieces,
  maxChars: number,
): { readonly text: string; readonly isWhole: boolean } {
  if (lengthOf(text) <= maxChars) return { text: piecesOf(text).join(""), isWhole: true };
  let beginning = "";
  for (const piece of piecesOf(text)) {
    beginning += piece.slice(0, maxChars - beginning.length);
    if (beginning.length === maxChars) break;
  }
  return { text: beginning.toWellFormed(), isWhole: false };
}

function piecesOf(text: Pieces): readonly string[] {
  return typeof text === "string" ? [text] : text;
}

function lengthOf(text: Pieces): number {
  return piecesOf(text).reduce((sum, piece) => sum + piece.length, 0);
}

/** UTF-8 in memory that a thread gets without a copy. Only pages that are written to take any. */
async function encode(pieces: readonly string[]): Promise<Buffer> {
  const bytes = Buffer.from(new SharedArrayBuffer(lengthOf(pieces) * MAX_BYTES_PER_CHAR));
  let end = 0;
  let carried = "";
  let encodedChars = 0;
  for (const piece of pieces) {
    let text = carried === "" ? piece : carried + piece;
    // The other half of a character comes with the next piece.
    carried = /[\uD800-\uDBFF]/.test(text.slice(-1)) ? text.slice(-1) : "";
    if (carried !== "") text = text.slice(0, -1);
    end += bytes.write(text, end);
    encodedChars += piece.length;
    if (encodedChars < ENCODED_AT_ONCE_CHARS) continue;
    encodedChars = 0;
    await nextLoopTurn();
  }
  end += bytes.write(carried, end);
  return bytes.subarray(0, end);
}
