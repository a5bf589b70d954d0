import { describe, expect, test } from "vitest";
import { clipToTokens, estimateTokens } from "./token-estimate.ts";

describe("estimateTokens", () => {
  test("counts a quarter per English character, half per Russian one, one per Chinese one, and the frame", () => {
    expect(estimateTokens("a".repeat(400))).toBe(104);
    expect(estimateTokens("ж".repeat(400))).toBe(204);
    expect(estimateTokens("中".repeat(400))).toBe(404);
    expect(estimateTokens("")).toBe(4);
  });

  test("stops soon after the cap, however long the text is", () => {
    expect(estimateTokens("a".repeat(1_000_000), 100)).toBeLessThan(110);
  });
});

describe("clipToTokens", () => {
  test("keeps what fits", () => {
    expect(clipToTokens("short", 100)).toBe("short");
  });

  test("cuts to the budget and marks the cut", () => {
    const clipped = clipToTokens("word ".repeat(1_000), 50);
    expect(clipped.endsWith("…")).toBe(true);
    expect(estimateTokens(clipped)).toBeLessThanOrEqual(51);
  });

  test("never leaves half a surrogate pair", () => {
    for (let tokens = 6; tokens < 30; tokens += 1) {
      expect(clipToTokens("\u{1F600}".repeat(100), tokens).isWellFormed()).toBe(true);
    }
  });
});
