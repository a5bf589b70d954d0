import { expect, test } from "vitest";
import { folderRows } from "./chat-folders.ts";

const now = new Date(2026, 10, 21, 9, 30).getTime();
const chat = (id: string, date: [number, number, number, number?], pinned = false) => {
  const [year, month, day, hour = 12] = date;
  const updatedAtMs = new Date(year, month, day, hour).getTime();
  return { id, title: id, createdAtMs: updatedAtMs, updatedAtMs, pinned, archived: false };
};
const lines = (...chats: ReturnType<typeof chat>[]) =>
  folderRows(chats, now).map((row) => ("chat" in row ? row.chat.id : row.folder));

test("pinned chats, then folders by the local day of the last change, each newest first", () => {
  expect(
    lines(
      chat("spring", [2025, 3, 2]),
      chat("late September", [2026, 8, 30]),
      chat("early September", [2026, 8, 1, 0]),
      chat("a week ago", [2026, 10, 14, 0]),
      chat("before that", [2026, 10, 13, 23]),
      chat("early", [2026, 10, 21, 0]),
      chat("late yesterday", [2026, 10, 20, 23]),
      chat("now", [2026, 10, 21, 9]),
      chat("old and pinned", [2020, 0, 1], true),
    ),
  ).toEqual([
    "pinned",
    "old and pinned",
    "today",
    "now",
    "early",
    "yesterday",
    "late yesterday",
    "recent",
    "a week ago",
    { startMs: new Date(2026, 10, 1).getTime() },
    "before that",
    { startMs: new Date(2026, 8, 1).getTime() },
    "late September",
    "early September",
    { startMs: new Date(2025, 3, 1).getTime() },
    "spring",
  ]);
});

test("a chat of the future, from a clock set back, is of today", () => {
  expect(lines(chat("future", [2027, 0, 1]))).toEqual(["today", "future"]);
});

test("no chats are no folders", () => {
  expect(lines()).toEqual([]);
});
