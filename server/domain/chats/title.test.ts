import { describe, expect, test } from "vitest";
import { TITLE_MAX_CHARS, titleFrom } from "./title.ts";

describe("titleFrom", () => {
  test("keeps a short question as it is, on one line", () => {
    expect(titleFrom("  What time\n is\tit? ")).toBe("What time is it?");
  });

  test("cuts between words and says so", () => {
    const title = titleFrom("Explain how the tides work, and why there are two of them each day, please");
    expect(title).toBe("Explain how the tides work, and why there are two of them…");
    expect(title.length).toBeLessThanOrEqual(TITLE_MAX_CHARS);
  });

  test("cuts inside a word that is longer than the title", () => {
    expect(titleFrom("x".repeat(100))).toBe(`${"x".repeat(59)}…`);
  });

  test("never splits a character made of several code points", () => {
    const family = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}";
    expect(titleFrom(family.repeat(80))).toBe(`${family.repeat(59)}…`);
  });

  test("drops control characters", () => {
    expect(titleFrom("a\u0000b\u001Bc")).toBe("a b c");
  });
});
