import { describe, expect, test } from "vitest";
import { en } from "./en/en.ts";
import { lazyTexts } from "./lazy-texts.ts";
import { ru } from "./ru/ru.ts";

const english = flatten({ ...en, ...lazyTexts.en });
const russian = flatten({ ...ru, ...lazyTexts.ru });
const plural = /_(?:zero|one|two|few|many|other)$/u;

describe("the texts of the window", () => {
  test("Russian has the same keys as English", () => {
    expect(stems(russian)).toEqual(stems(english));
  });

  test.each([
    ["en", english],
    ["ru", russian],
  ] as const)("%s has every plural form that its language needs", (language, texts) => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted();
    const counted = [...texts.keys()].filter((key) => plural.test(key)).map((key) => key.replace(plural, ""));
    for (const stem of new Set(counted)) {
      const forms = [...texts.keys()].filter((key) => key.replace(plural, "") === stem && plural.test(key));
      expect(forms.map((key) => key.slice(stem.length + 1)).toSorted(), stem).toEqual(needed);
    }
  });

  test("both have the same placeholders in each text", () => {
    for (const [key, text] of russian) {
      const other = english.get(key) ?? english.get(key.replace(plural, "_other"));
      expect(placeholders(text), key).toEqual(placeholders(other ?? ""));
    }
  });

  test("none is empty or has spaces at its ends", () => {
    for (const [key, text] of [...english, ...russian]) {
      expect(text, key).not.toBe("");
      expect(text, key).toBe(text.trim());
    }
  });
});

function flatten(node: object, path = ""): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(node)) {
    const name = path === "" ? key : `${path}.${key}`;
    if (typeof value === "string") texts.set(name, value);
    else for (const [below, text] of flatten(value as object, name)) texts.set(below, text);
  }
  return texts;
}

function stems(texts: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...texts.keys()].map((key) => key.replace(plural, "")))].toSorted();
}

function placeholders(text: string): readonly string[] {
  return [...text.matchAll(/\{\{\s*(\w+)/gu)].map((match) => match[1] ?? "").toSorted();
}
