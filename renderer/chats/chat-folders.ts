import type { ChatSummary } from "#contract/chat-history.ts";
import { startOfDay } from "../chat/message-time.ts";

/** Days before today whose chats stand in one folder. */
const RECENT_DAYS = 7;

/** Chats that are pinned, or of one stretch of time; `startMs` (epoch) is where a month begins. */
export type FolderName = "pinned" | "today" | "yesterday" | "recent" | { readonly startMs: number };

/** One line of the list: the name of a folder, or a chat of it. */
export type ListRow = { readonly folder: FolderName } | { readonly chat: ChatSummary };

/** The lines of a list: pinned chats, then the others by the local time of their last change, each newest first. */
export function folderRows(chats: readonly ChatSummary[], nowMs: number): readonly ListRow[] {
  const today = startOfDay(nowMs);
  const newestFirst = chats.toSorted((a, b) => b.updatedAtMs - a.updatedAtMs);
  const [pinned, others] = [newestFirst.filter((c) => c.pinned), newestFirst.filter((c) => !c.pinned)];
  let startMs = Infinity;
  const folders = Map.groupBy(others, ({ updatedAtMs }) => {
    // Newest first: what is not before the folder of the chat above is in it. Dates of 10,000 chats take longer than a frame.
    if (updatedAtMs < startMs) startMs = startOf(updatedAtMs, today);
    return startMs;
  });
  return [...rows("pinned", pinned), ...[...folders].flatMap(([at, list]) => rows(nameOf(at, today), list))];
}

function rows(folder: FolderName, chats: readonly ChatSummary[]): readonly ListRow[] {
  return chats.length === 0 ? [] : [{ folder }, ...chats.map((chat) => ({ chat }))];
}

/** Where the folder of a time begins. A clock that was set back must not put chats into the future. */
function startOf(atMs: number, today: number): number {
  if (atMs >= today) return today;
  const yesterday = startOfDay(today - 1);
  if (atMs >= yesterday) return yesterday;
  const recent = recentStart(today);
  return atMs >= recent ? recent : new Date(new Date(atMs).setDate(1)).setHours(0, 0, 0, 0);
}

function nameOf(startMs: number, today: number): FolderName {
  if (startMs === today) return "today";
  if (startMs === startOfDay(today - 1)) return "yesterday";
  // A month that begins on that very day has no folder of its own: its chats are recent.
  return startMs === recentStart(today) ? "recent" : { startMs };
}

function recentStart(today: number): number {
  return new Date(today).setDate(new Date(today).getDate() - RECENT_DAYS);
}
