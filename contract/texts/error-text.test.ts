import { expect, test } from "vitest";
import { errorCodes } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { errorText, failureText } from "./error-text.ts";

test.each(Object.keys(errorCodes))("%s has a sentence and a cure in each language", (code) => {
  const english = errorText({ code, message: "" }, "en");
  const russian = errorText({ code, message: "" }, "ru");
  for (const text of [english.what, english.cure]) expect(text).toMatch(/^\S.*[a-z].*\.$/);
  for (const text of [russian.what, russian.cure]) expect(text).toMatch(/^\S.*[а-яё].*\.$/);
});

test("an error's own words are a detail where they say more than the table", () => {
  const own = { code: "PORT_IN_USE", message: "Port 8321 is taken." };
  expect(errorText(own, "ru").detail).toBe(own.message);
  for (const thrown of [
    new TypeError("x"),
    new DOMException("", "AbortError"),
    new DOMException("", "TimeoutError"),
  ])
    expect(errorText(PipitError.from(thrown), "ru")).not.toHaveProperty("detail");
});

test("what has no text here, and why a model refuses, is told in the error's own words", () => {
  expect(failureText({ code: "FROM_THE_FUTURE", message: "New." }, "ru")).toBe("New.");
  const refused = failureText({ code: "MODEL_REFUSED", message: "Too many pictures." }, "ru");
  expect(refused).toMatch(/^Модель не принимает .*\. Too many pictures\.$/);
});
