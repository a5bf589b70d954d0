import { describe, expect, test } from "vitest";
import { headline, queryTerms, stemsOf } from "./search-text.ts";
import { stem } from "./stemmer.ts";

describe("headline", () => {
  const filler = "слово word ".repeat(200);

  test("shows at most 240 characters around the match", () => {
    const text = `${filler}the heron stands ${filler}`;
    const line = headline(["no match", text], queryTerms("herons"));
    expect(line.length).toBeLessThanOrEqual(240);
    expect(line).toMatch(/^….*the heron stands.*…$/s);
  });

  test("shows a short text whole, on one line", () => {
    expect(headline(["", "A heron\n\n  stands."], queryTerms("heron"))).toBe("A heron stands.");
  });

  test("begins at the beginning when the words are nowhere to be seen", () => {
    expect(headline(["", filler], queryTerms("heron"))).toMatch(/^слово word .*…$/);
    expect(headline(["", ""], queryTerms("heron"))).toBe("");
  });

  test.each([0, 1])("cuts no character in two (%i)", (shift) => {
    const pad = "a".repeat(shift);
    const line = headline([`${pad}${"🎉".repeat(500)}`], []);
    expect(line.length).toBeLessThanOrEqual(240);
    expect(line.isWellFormed()).toBe(true);
    const middle = headline([`${pad}${"🎉".repeat(500)}heron${"🎉".repeat(500)}`], queryTerms("heron"));
    expect(middle.length).toBeLessThanOrEqual(240);
    expect(middle.isWellFormed()).toBe(true);
    expect(middle).toContain("heron");
  });

  test("collapses a long run of blanks without losing the match", () => {
    expect(headline([`heron${" ".repeat(5000)}end`], queryTerms("heron"))).toMatch(/^heron/);
  });
});

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
  expect(queryTerms(word).map((term) => term.stem)).toEqual([stemsOf(`${word}y`)]);
});
