import type { ChatSummary } from "#contract/chat-history.ts";

const ID_SHOWN = 8;

/** Beginning of an id, which is enough to name a chat. */
export function shortId({ id }: Pick<ChatSummary, "id">): string {
  return id.slice(0, ID_SHOWN);
}

/** Day and minute, in this machine's time zone: `2026-03-01 09:30`. */
export function dayAndTime(atMs: number): string {
  // The Swedish way of writing dates is ISO 8601's.
  return new Date(atMs).toLocaleString("sv", { dateStyle: "short", timeStyle: "short" });
}
