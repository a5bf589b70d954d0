import { expect, test } from "vitest";
import { languageOfLocale, resolveLanguage } from "./language.ts";

test.each([
  ["ru", "ru"],
  ["ru-RU", "ru"],
  ["RU_ru", "ru"],
  ["rue", "en"],
  ["run", "en"],
  ["de", "en"],
  ["", "en"],
])("a system in %j is spoken to in %s", (locale, language) => {
  expect(languageOfLocale(locale)).toBe(language);
  expect(resolveLanguage("system", locale)).toBe(language);
});

test("the setting goes before the system", () => {
  expect(resolveLanguage("en", "ru-RU")).toBe("en");
});
