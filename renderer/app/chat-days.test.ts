import { expect, test } from "vitest";
import { groupByDay } from "./chat-days.ts";

const now = new Date(2026, 10, 21, 9, 30).getTime();
const chat = (id: string, ...date: [number, number, number, number]) => {
  const updatedAtMs = new Date(...date).getTime();
  return { id, title: id, createdAtMs: updatedAtMs, updatedAtMs };
};

test("groups by the local day of the last change, newest first", () => {
  const days = groupByDay(
    [
      chat("old", 2026, 9, 3, 12),
      chat("early", 2026, 10, 21, 0),
      chat("late yesterday", 2026, 10, 20, 23),
      chat("now", 2026, 10, 21, 9),
    ],
    now,
  );
  expect(days.map((day) => [day.name, day.chats.map(({ id }) => id)])).toEqual([
    ["today", ["now", "early"]],
    ["yesterday", ["late yesterday"]],
    ["earlier", ["old"]],
  ]);
});

test("a chat of the future, from a clock set back, is of today", () => {
  expect(groupByDay([chat("future", 2027, 0, 1, 0)], now).map((day) => day.name)).toEqual(["today"]);
});

test("no chats are no days", () => {
  expect(groupByDay([], now)).toEqual([]);
});
