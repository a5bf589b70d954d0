import { expect, test } from "vitest";
import { checkEmail, EMAIL_MAX_CHARACTERS } from "./email.ts";

const longest = `${"a".repeat(64)}@${"b".repeat(EMAIL_MAX_CHARACTERS - 65 - 4)}.org`;

test.each([
  "ann@example.org",
  "a+b.c@x-y.example",
  "root@localhost",
  "Анна@пример.рф",
  "o'neil@x.ie",
  longest,
])("%j is an address", (email) => {
  expect(checkEmail(email)).toBe(email);
});

test.each([
  ["", "no e-mail address"],
  ["ann", "no e-mail address"],
  ["@example.org", "no e-mail address"],
  ["ann@", "no e-mail address"],
  ["a@b@c.org", "no e-mail address"],
  ["ann smith@example.org", "no e-mail address"],
  ["ann@example..org", "no e-mail address"],
  ["ann@.example.org", "no e-mail address"],
  ["ann@-x.org", "no e-mail address"],
  ["ann@example.org\nBcc: all@example.org", "no e-mail address"],
  ["ann\u202E@example.org", "no e-mail address"],
  ['"><script>"@x.org', "no e-mail address"],
  [`${"a".repeat(65)}@x.org`, "no e-mail address"],
  [`${longest}x`, "at most 254"],
])("%j is refused: %s", (email, why) => {
  expect(() => checkEmail(email)).toThrow(
    expect.objectContaining({
      code: "INVALID_REQUEST",
      field: "email",
      message: expect.stringContaining(why) as string,
    }) as Error,
  );
});
