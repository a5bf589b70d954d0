import { describe, expect, test } from "vitest";
import { createSentenceSplitter, SENTENCE_MAX_CHARS } from "./sentence-splitter.ts";

/** Splits a text that comes in pieces. */
function createPieces(locale: string) {
  const take = createSentenceSplitter(locale);
  let pending = "";
  const read = (piece: string, atEnd: boolean): readonly string[] => {
    const { sentences, rest } = take(pending + piece, atEnd);
    pending = rest;
    return sentences;
  };
  return { push: (piece: string) => read(piece, false), end: () => read("", true) };
}

/** Splits a text pushed in parts of `size` characters. */
function split(text: string, size = text.length, locale = "en"): readonly string[] {
  const splitter = createPieces(locale);
  const found: string[] = [];
  for (let at = 0; at < text.length; at += size) found.push(...splitter.push(text.slice(at, at + size)));
  return [...found, ...splitter.end()];
}

const english = [
  "The docs say, e.g. in chapter two, that it works.",
  "Dr. Smith and J. R. R. Tolkien paid 3.14 dollars each.",
  "He waited... then he left.",
  "It takes approx. 5 minutes to finish.",
  '"Are you sure about that?" she asked him twice.',
  "(Nobody really answered her.)",
  "Use Node.js v24.1 or newer!",
];
const russian = [
  "Это т. е. простой пример предложения.",
  "«Привет вам всем!» — сказал он громко.",
  "А. С. Пушкин жил в г. Москве много лет.",
  "Купите хлеб, молоко и т. д.",
  "Потом он замолчал…",
  "Затем всё началось снова в 2020 г.",
  "Стоит это 3,50 рубля и ещё немного?!",
];

describe("createSentenceSplitter", () => {
  test.each([1, 2, 3, 7, 1000])("English in parts of %i characters", (size) => {
    expect(split(english.join(" "), size)).toEqual(english);
  });

  test.each([1, 2, 5, 1000])("Russian in parts of %i characters", (size) => {
    expect(split(russian.join(" "), size, "ru")).toEqual(russian);
  });

  test("a sentence comes out with the next letter, not later and not sooner", () => {
    const splitter = createPieces("en");
    expect(splitter.push("It is done now.")).toEqual([]);
    expect(splitter.push(" ")).toEqual([]);
    expect(splitter.push("N")).toEqual(["It is done now."]);
    expect(splitter.push("ext one here?! ")).toEqual([]);
    expect(splitter.push("-")).toEqual([]);
    expect(splitter.push(" yes")).toEqual([]);
    expect(splitter.end()).toEqual(["Next one here?! - yes"]);
  });

  test("a number cut in two by tokens stays whole", () => {
    const splitter = createPieces("en");
    expect([...splitter.push("It is 3."), ...splitter.push("14 metres"), ...splitter.end()]).toEqual([
      "It is 3.14 metres",
    ]);
  });

  test("a line feed ends a sentence at once", () => {
    const splitter = createPieces("en");
    expect(splitter.push("A heading without a stop\n")).toEqual(["A heading without a stop"]);
  });

  test("a very short sentence joins the next one only if that is there, never over a line feed", () => {
    expect(split("Hi. How are you today? Fine")).toEqual(["Hi. How are you today?", "Fine"]);
    expect(split("Title\nThe text of it.")).toEqual(["Title", "The text of it."]);
    const splitter = createPieces("en");
    expect(splitter.push("Hi! H")).toEqual(["Hi!"]);
  });

  test("an over-long sentence is cut at commas or spaces, and nothing is lost", () => {
    const commas = "one two three four five six seven eight, ".repeat(20).trim();
    const spaces = "word ".repeat(200).trim();
    const solid = "ж".repeat(1000);
    const finished = `${"one two three four five six, ".repeat(20)}end.\n${"word ".repeat(100)}end! Next.`;
    for (const text of [commas, spaces, solid, finished]) {
      for (const size of [1, 10, text.length]) {
        const parts = split(text, size);
        expect(parts.every((part) => part.length <= SENTENCE_MAX_CHARS)).toBe(true);
        expect(parts.join("").replaceAll(" ", "")).toBe(text.replaceAll(/\s/gu, ""));
      }
    }
    expect(split(commas, 5)[0]?.endsWith(",")).toBe(true);
    expect(split(commas)[0]?.endsWith(",")).toBe(true);
  });

  test("a surrogate pair is never cut", () => {
    const parts = split("𝒳".repeat(300));
    expect(parts.every((part) => part.isWellFormed())).toBe(true);
  });

  test("the first part of an over-long sentence comes early", () => {
    const splitter = createPieces("en");
    let pushed = 0;
    while (splitter.push("word ").length === 0) pushed += 5;
    expect(pushed).toBeLessThanOrEqual(SENTENCE_MAX_CHARS + 5);
  });

  test("what has nothing to say is left out", () => {
    expect(split("... \n--- !!! \n Word. \n ?")).toEqual(["Word."]);
  });

  test("a locale that is none falls back to English", () => {
    expect(split("One is here. Two is here.", 3, "not a locale")).toEqual(["One is here.", "Two is here."]);
  });
});
