import { expect, test } from "vitest";
import { checkEmail } from "./email.ts";
import { checkLogin } from "./login-rules.ts";
import { isNormalizable } from "./normalizable.ts";
import { checkPassword } from "./password-rules.ts";
import { checkAbout, checkDisplayName } from "./profile-rules.ts";

/** Marks of two classes in turns: the worst that can be put in order. Done for all of these, it takes hours. */
const MARKS = "a" + "\u0301\u0316".repeat(4_000_000);

test.each([
  ["login", () => checkLogin(MARKS)],
  ["email", () => checkEmail(`${MARKS}@example.org`)],
  ["display_name", () => checkDisplayName(MARKS)],
  ["about", () => checkAbout(MARKS)],
  ["password", () => checkPassword(MARKS)],
])("a %s of millions of combining marks is refused without being put in order", (field, check) => {
  expect(check).toThrow(expect.objectContaining({ code: "INVALID_REQUEST", field }) as Error);
});

test.each(["Việt Nam".normalize("NFD"), "한국어".normalize("NFD"), "🦜".repeat(10), ""])(
  "%j may be normalised",
  (text) => {
    expect(isNormalizable(text, 50)).toBe(true);
  },
);

test("a row of more marks than any script has may not, however short", () => {
  expect(isNormalizable(`a${"\u0301".repeat(30)}`, 50)).toBe(true);
  expect(isNormalizable(`a${"\u0301".repeat(31)}`, 50)).toBe(false);
});
