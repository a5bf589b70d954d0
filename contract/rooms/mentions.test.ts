import { expect, test } from "vitest";
import { MENTIONS_MAX, mentionPieces, mentionsIn } from "./mentions.ts";

test.each([
  ["@ann, look", ["ann"]],
  ["Ask @ann.", ["ann.", "ann"]],
  ["(@ann-marie) and @Боб!", ["ann-marie", "Боб"]],
  ["@a.b@c.d", ["a.b@c.d"]],
  ["mail ann@example.org", []],
  ["@@ @. @-- @", []],
  [`@${"x".repeat(51)}`, []],
  [
    Array.from({ length: 50 }, (_, at) => `@a${at}`).join(" "),
    Array.from({ length: MENTIONS_MAX }, (_, at) => `a${at}`),
  ],
] as const)("%s names %j", (text, names) => {
  expect(mentionsIn(text)).toEqual(names);
});

test("a text falls into what names somebody who is known, and the rest, and loses nothing", () => {
  const knows = (login: string): boolean => ["ann", "Zoë", "bob.b"].includes(login);
  const text = "@ann: ask @Zoë, @bob.b. and @eve, mail@ann.org or (@ann)";
  const pieces = mentionPieces(text, knows);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(pieces.flatMap(({ login, text: written }) => (login === undefined ? [] : written))).toEqual([
    "@ann",
    "@Zoë",
    "@bob.b",
    "@ann",
  ]);
  expect(mentionPieces("nobody", knows)).toEqual([{ text: "nobody" }]);
  expect(mentionPieces("@ann", knows)).toEqual([{ text: "@ann", login: "ann" }]);
});
