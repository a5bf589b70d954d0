import { describe, expect, test } from "vitest";
import { textPieces } from "./text-pieces.ts";

describe("textPieces", () => {
  test("an empty text has no pieces", () => {
    expect([...textPieces("")]).toEqual([]);
  });

  test("joined, the pieces are the text; each is small and ends after a space", () => {
    const text = "some words of an answer ".repeat(100);
    const pieces = [...textPieces(text)];
    expect(pieces.join("")).toBe(text);
    expect(pieces.length).toBeGreaterThan(5);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(256);
      expect(piece.endsWith(" ")).toBe(true);
    }
  });

  test("no character is cut in two", () => {
    const pieces = [...textPieces(`x${"\u{1F600}".repeat(500)}`)];
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  });
});
