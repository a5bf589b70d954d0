import type { ChatSummary } from "#contract/chat-history.ts";
import { startOfDay } from "../chat/message-time.ts";

/** Chats of one calendar day, newest first. */
export interface ChatDay {
  /** Start of the day in local time, epoch milliseconds. */
  readonly startMs: number;
  readonly name: "today" | "yesterday" | "earlier";
  readonly chats: readonly ChatSummary[];
}

/** Groups chats by the local day of their last change; `chats` may come in any order. */
export function groupByDay(chats: readonly ChatSummary[], nowMs: number): readonly ChatDay[] {
  const today = startOfDay(nowMs);
  const yesterday = startOfDay(today - 1);
  const newestFirst = chats.toSorted((a, b) => b.updatedAtMs - a.updatedAtMs);
  // A clock that was set back must not put chats into the future.
  const days = Map.groupBy(newestFirst, (chat) => Math.min(startOfDay(chat.updatedAtMs), today));
  return [...days].map(([startMs, list]) => ({
    startMs,
    name: startMs === today ? "today" : startMs === yesterday ? "yesterday" : "earlier",
    chats: list,
  }));
}
