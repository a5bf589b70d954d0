import { createHash } from "node:crypto";

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

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 32);
}
