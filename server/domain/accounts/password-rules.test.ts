import { expect, test } from "vitest";
import { checkPassword } from "./password-rules.ts";

test.each([
  ["Aa1!aaaa"],
  ["Пароль-12"],
  ["Straße 77"],
  ["Ελληνικά1;"],
  ["סיסמה-1234"],
  ["密码密码密码1。"],
  ["Password١٢٣ "],
  ["Emoji1🎉🎉🎉"],
  [`Aa1!${"x".repeat(252)}`],
  [`Aa1!${"🎉".repeat(252)}`],
])("%j is a password", (password) => {
  expect(checkPassword(password)).toBe(password);
});

test("comes back in NFC, and is counted so", () => {
  const composed = "Über-Maß1";
  expect(checkPassword(composed.normalize("NFD"))).toBe(composed);
  expect(() => checkPassword("É-é1é!é".normalize("NFD"))).toThrow(/7 characters/);
});

test.each([
  ["", "password: it has 0 characters and needs at least 8. Make it longer."],
  ["Aa1!aaa", "password: it has 7 characters and needs at least 8. Make it longer."],
  ["Aa1!🎉🎉🎉", "password: it has 7 characters and needs at least 8. Make it longer."],
  [`Aa1!${"x".repeat(253)}`, "password: it is longer than 256 characters. Make it shorter."],
  ["aa1!aaaa", "password: it lacks a capital letter. Add that."],
  ["AA1!AAAA", "password: it lacks a small letter. Add that."],
  ["Aab!aaaa", "password: it lacks a digit. Add that."],
  ["Aa1baaaa", "password: it lacks a character that is neither letter nor digit, like ! or -. Add that."],
  ["пароль-я", "password: it lacks a capital letter, and a digit. Add that."],
  ["Aa1!aaaa\n", "password: it contains a line break or another control character. Leave it out."],
  ["Aa1!aaaa\0", "password: it contains a line break or another control character. Leave it out."],
  ["Aa1!aaaa\ud800", "password: it contains half a character. Type it again."],
])("%j is refused, with the reason", (password, message) => {
  const check = () => checkPassword(password);
  expect(check).toThrow(expect.objectContaining({ code: "INVALID_REQUEST", field: "password", message }));
});

test("megabytes are refused", () => {
  expect(() => checkPassword("Aa1!".repeat(1_000_000))).toThrow("it is longer than 256 characters");
});

test("must not contain the login, in any case or width", () => {
  for (const password of ["Alice-2024", "aLICE-2024", "My-ａｌｉｃｅ-1"]) {
    expect(() => checkPassword(password, { login: "Alice" })).toThrow(/contains the login/);
  }
  expect(checkPassword("Bob-2024 a", { login: "Alice" })).toBe("Bob-2024 a");
  expect(checkPassword("Banana-24", { login: "an" })).toBe("Banana-24");
  expect(checkPassword("Banana-24", { login: "" })).toBe("Banana-24");
});
