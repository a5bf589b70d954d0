import { expect, test } from "vitest";
import { pageLanguageOf } from "./page-language.ts";

test.each([
  [undefined, undefined, "en"],
  [undefined, "ru-RU,ru;q=0.9,en;q=0.8", "ru"],
  [undefined, "de, en;q=0.5, ru;q=0.7", "ru"],
  [undefined, "ru;q=0, en", "en"],
  ["fr ru", "en", "ru"],
  ["EN-us", "ru", "en"],
  [{ not: "text" }, "*", "en"],
])("ui_locales %s and Accept-Language %s give %s", (uiLocales, acceptLanguage, expected) => {
  expect(pageLanguageOf({ uiLocales, acceptLanguage })).toBe(expected);
});
