import { createHash } from "node:crypto";
import { stemsOf } from "./search-text.ts";

/** Whose and where a turn is, as tokens of its entry in FTS5. */
export function scopeOf(userId: string, chatId: string): string {
  return `${userToken(userId)} ${chatToken(chatId)}`;
}

/** Ids are hashed because the tokenizer would split them at their dashes. */
export function userToken(userId: string): string {
  return `u${hashOf(userId)}`;
}

export function chatToken(chatId: string): string {
  return `c${hashOf(chatId)}`;
}

/**
 * Begins each word of a person's turns in FTS5, whose lists are by word: a list of all people's turns with "the" would be read
 * for each who looks for it.
 */
export function wordMark(userId: string): string {
  return hashOf(userId).slice(0, 16);
}

/** The stems of a person's text as FTS5 has them; of the stems without their marks not more than so many bytes. */
export function ownStems(userId: string, text: string, maxBytes: number): string {
  const mark = wordMark(userId);
  return stemsOf(text, maxBytes).replaceAll(/[^ ]+/g, (stem) => mark + stem);
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 32);
}
