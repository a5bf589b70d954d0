import { describe, expect, test } from "vitest";
import { languageOf, primaryLanguage } from "./language.ts";

describe("languageOf", () => {
  test.each([
    ["Hello there.", "en-US", "en"],
    ["Hello there.", "ru-RU", "en"],
    ["Guten Tag.", "de", "de"],
    ["Привет, мир!", "en", "ru"],
    ["Установите Node.js командой npm install.", "en", "ru"],
    ["The word привет is Russian for hello.", "en", "en"],
    ["Привіт, як справи?", "uk-UA", "uk"],
    ["3.14", "ru", "ru"],
    ["3.14", "en-GB", "en"],
    ["Καλημέρα.", "en", "el"],
    ["你好。", "en", "zh"],
    ["こんにちは、世界。", "en", "ja"],
  ])("%s with locale %s is %s", (sentence, locale, language) => {
    expect(languageOf(sentence, locale)).toBe(language);
  });

  test("a malformed locale is English", () => {
    expect(primaryLanguage("")).toBe("en");
    expect(primaryLanguage("--help")).toBe("en");
    expect(primaryLanguage("RU_ru")).toBe("ru");
  });
});
