import { describe, expect, test } from "vitest";
import { planSearch } from "./search-terms.ts";
import { stemsOf } from "./search-text.ts";
import { stem } from "./stemmer.ts";

describe("stem", () => {
  test.each([
    ["встреча", "встречу", "встречами"],
    ["обсудили", "обсудить", "обсудила"],
    ["новый", "новая", "новыми"],
    ["программа", "программы", "программу"],
    ["важность", "важности", "важностью"],
    ["runs", "run", "running"],
    ["makes", "make", "making"],
    ["party", "parties", "party"],
    ["passes", "pass", "passed"],
  ])("%s, %s and %s meet", (...forms) => {
    expect(new Set(forms.map(stem)).size).toBe(1);
  });

  test.each(["is", "bus", "12", "вст", "в"])("%s stays as it is", (word) => {
    expect(stem(word)).toBe(word);
  });
});

test("a message that is one row of combining marks costs no more than another", () => {
  // Brought into order as a whole, this takes more than ten minutes.
  expect(stemsOf("a" + "\u0301\u0316".repeat(400_000)).length).toBeLessThanOrEqual(200);
});

test("of an endless word the beginning counts", () => {
  const word = "x".repeat(1_000);
  expect(planSearch(word).terms.map((term) => term.stem)).toEqual([stemsOf(`${word}y`)]);
});
