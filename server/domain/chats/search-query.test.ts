import { expect, test } from "vitest";
import { parseSearchQuery } from "./search-query.ts";

const day = (text: string) => Date.parse(text);

test.each([
  ["plain words", { text: "plain words" }],
  ["in:Atlas who leads", { text: "who leads", inChat: "Atlas" }],
  ['who leads in:"Project Atlas"', { text: "who leads", inChat: "Project Atlas" }],
  ["otter ROLE:Assistant", { text: "otter", role: "assistant" }],
  [
    "otter after:2026-01-05 before:2026-02-01T10:00Z",
    { text: "otter", afterMs: day("2026-01-05T00:00Z"), beforeMs: day("2026-02-01T10:00Z") },
  ],
  ['"in:Atlas" as it stands', { text: '"in:Atlas" as it stands' }],
  ["built-in:x and in: nothing", { text: "built-in:x and in: nothing" }],
  ['an open " quote role:user', { text: 'an open " quote', role: "user" }],
  // A phone writes quotes so.
  ["“exact words” in:“Project Atlas”", { text: '"exact words"', inChat: "Project Atlas" }],
  ["„точные слова“ ёж", { text: '"точные слова" ёж' }],
  ["otter after:2026-01-01T00:30+02:00", { text: "otter", afterMs: day("2025-12-31T22:30Z") }],
  ["otter role:user role:assistant", { text: "otter", role: "assistant" }],
])("%s", (query, expected) => {
  expect(parseSearchQuery(query, "q")).toEqual(expected);
});

test.each([
  ["otter role:system", /role: must be role:user or role:assistant/],
  ["otter before:lunch", /before: must be a day, such as before:2026-11-29/],
  ["otter after:2026-02-31", /after: must be a day/],
  ["otter after:2026-13-01", /after: must be a day/],
  ["otter before:2026-02-31T10:00Z", /before: must be a day/],
  ["otter before:2026-01-01T25:00Z", /before: must be a day/],
  ['otter in:""', /in: must be the title of a chat/],
  ["in:Atlas", /words to look for/],
])("%s is refused", (query, message) => {
  expect(() => parseSearchQuery(query, "q")).toThrow(
    expect.objectContaining({ code: "INVALID_REQUEST", message: expect.stringMatching(message) }),
  );
});
