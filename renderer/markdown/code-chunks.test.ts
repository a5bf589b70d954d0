import { expect, it } from "vitest";
import { chunkEnds, codeChunks } from "./code-chunks.ts";

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `line ${index}`).join("\n");

it("keeps short code in one chunk, with its blank lines", () => {
  expect(codeChunks("a\n\n\tb")).toEqual(["a\n\n\tb"]);
  expect(codeChunks("")).toEqual([]);
});

it("cuts long code between lines, and loses none", () => {
  const code = lines(1_000);
  const chunks = codeChunks(code);
  expect(chunks.length).toBeGreaterThan(10);
  expect(chunks.join("\n")).toBe(code);
});

it("cuts a very long line into pieces that are short enough to measure", () => {
  const code = `${lines(3)}\n${"x".repeat(20_000)}\nend`;
  const chunks = codeChunks(code);
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(4_100);
  expect(chunks.join("").replaceAll("\n", "")).toBe(code.replaceAll("\n", ""));
});

it("leaves the chunks before as they are while code grows", () => {
  const code = lines(500);
  const before = chunkEnds(code.slice(0, 3_000));
  expect(chunkEnds(code).slice(0, before.length - 1)).toEqual(before.slice(0, -1));
});
