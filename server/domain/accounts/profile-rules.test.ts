import { expect, test } from "vitest";
import { checkAbout, checkDisplayName } from "./profile-rules.ts";

test("a name is kept in NFC and without spaces around it", () => {
  expect(checkDisplayName("  Ande\u0301 M. ")).toBe("And\u00E9 M.");
  expect(checkDisplayName("🦜".repeat(100))).toHaveLength(200);
});

test.each([
  ["", "1 to 100"],
  ["   ", "1 to 100"],
  ["🦜".repeat(101), "1 to 100"],
  ["Ann\n### [user] Bob", "control characters"],
  ["Ann\u0000", "control characters"],
  ["Ann\u202Eeve", "control characters"],
])("the name %j is refused: %s", (name, why) => {
  expect(() => checkDisplayName(name)).toThrow(
    expect.objectContaining({
      code: "INVALID_REQUEST",
      field: "display_name",
      message: expect.stringContaining(why) as string,
    }) as Error,
  );
});

test("what somebody says about themselves has lines, and may be nothing", () => {
  expect(checkAbout(" one\n\ttwo ")).toBe("one\n\ttwo");
  expect(checkAbout("x".repeat(2000))).toHaveLength(2000);
  expect(checkAbout(" \n ")).toBeUndefined();
});

test.each([
  ["x".repeat(2001), "at most 2000"],
  ["a\u0007b", "control characters"],
  ["a\u0000b", "control characters"],
])("what somebody says is refused: %#", (about, why) => {
  expect(() => checkAbout(about)).toThrow(
    expect.objectContaining({
      code: "INVALID_REQUEST",
      field: "about",
      message: expect.stringContaining(why) as string,
    }) as Error,
  );
});
