import { parseJson } from "#contract/parse-json.ts";
import { titleFrom } from "#server/domain/chats/title.ts";
import { readChatGptChat } from "./chatgpt-chat.ts";
import { readClaudeChat } from "./claude-chat.ts";
import type { ImportedChat, ImportedTurn } from "./imported-chat.ts";
import type { ListItem } from "./json-list.ts";
import { fieldsOf, textOf, type Fields } from "./loose.ts";
import { TreeTooLargeError } from "./message-tree.ts";
import { withinLimits } from "./within-limits.ts";
import { readPipitChat } from "./pipit-chat.ts";

/** Turns that one chat may have. */
const CHAT_MAX_TURNS = 100_000;

/** A chat of an export with its turns. */
export interface ReadChat extends ImportedChat {
  readonly turns: readonly ImportedTurn[];
}

/** Why a chat is not imported. */
export type SkipReason = "too_large" | "too_many_messages" | "damaged" | "empty" | "deleted" | "busy";

export interface SkippedChat {
  /** "" where even that could not be read. */
  readonly title: string;
  readonly reason: SkipReason;
}

/** Counts what chats hold beyond what can be imported. */
export interface LeftOut {
  pictures: number;
  files: number;
  /** Messages of which only the beginning is kept. */
  cut: number;
}

const readers = [
  ["mapping", readChatGptChat],
  ["chat_messages", readClaudeChat],
  ["messages", readPipitChat],
] as const;

/** An object of an export as a chat, whichever program wrote it. */
export function readChat(item: ListItem, nowMs: number, leftOut: LeftOut): ReadChat | SkippedChat {
  if ("problem" in item) return { title: titleIn(item.begin), reason: item.problem };
  const fields = fieldsOf(parseJson(item.json));
  const title = titleFrom(textOf(fields["title"]) || textOf(fields["name"]));
  const chat = chatIn(fields, nowMs, leftOut);
  if (typeof chat === "string") return { title, reason: chat };
  const { length } = chat.turns;
  if (length > CHAT_MAX_TURNS) return { title, reason: "too_many_messages" };
  // Our own export has chats in which nothing was said yet.
  if (length === 0 && chat.origin !== "pipit") return { title, reason: "empty" };
  const turns = chat.turns.map((turn) => withinLimits(turn, leftOut));
  return { ...chat, turns, title: title || titleFrom(turns[0]?.userText ?? "") };
}

function chatIn(fields: Fields, nowMs: number, leftOut: LeftOut): ReadChat | "damaged" | "too_large" {
  const [, read] = readers.find(([field]) => Object.hasOwn(fields, field)) ?? [];
  try {
    return read?.(fields, nowMs, leftOut) ?? "damaged";
  } catch (error) {
    if (error instanceof TreeTooLargeError) return "too_large";
    throw error;
  }
}

/** The title of a chat of whose JSON only the beginning is known. */
function titleIn(begin: string): string {
  const written = /"(?:title|name)"\s*:\s*("(?:[^"\\]|\\.)*")/u.exec(begin)?.[1];
  return titleFrom(written === undefined ? "" : textOf(parseJson(written)));
}
