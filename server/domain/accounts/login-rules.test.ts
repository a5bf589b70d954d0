import { expect, test } from "vitest";
import { checkLogin } from "./login-rules.ts";

test.each(["pipita", "ann", "a.b", "анна", "a_b-c@d.org", "42x", "x".repeat(50), "李小龙"])(
  "%j may be registered",
  (login) => {
    expect(checkLogin(login)).toBe(login);
  },
);

test("a login is kept in NFC, as it was typed otherwise", () => {
  expect(checkLogin("Ande\u0301")).toBe("And\u00E9");
});

test.each([
  ["ab", "3 to 50"],
  ["x".repeat(51), "3 to 50"],
  ["", "3 to 50"],
  ["a b", "letters, digits"],
  ["an\nn", "letters, digits"],
  ["an\0n", "letters, digits"],
  ["ann\u202Egnp", "letters, digits"],
  ["ann\u200Bx", "letters, digits"],
  ["a/b", "letters, digits"],
  ["'; drop table accounts; --", "letters, digits"],
  ["<ann>", "letters, digits"],
  ["...", "needs a letter"],
  ...["pipit", "PIPIT", "рірit", "p1pit", "pi.pit_", "pípit"].map((name): [string, string] => [
    name,
    "reserved",
  ]),
  ["local", "reserved"],
  ["LoCaL", "reserved"],
  ["ｌｏｃａｌ", "reserved"],
])("%j is refused: %s", (login, why) => {
  expect(() => checkLogin(login)).toThrow(
    expect.objectContaining({
      code: "INVALID_REQUEST",
      field: "login",
      message: expect.stringContaining(why) as string,
    }) as Error,
  );
});
