import { expect, test } from "vitest";
import { MENTIONS_MAX, mentionsIn } from "./mentions.ts";

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
