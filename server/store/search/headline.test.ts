import { expect, test } from "vitest";
import { headlineAt } from "./headline.ts";

const filler = "слово word ".repeat(200);
const around = (text: string) => headlineAt(text, Math.max(text.indexOf("heron"), 0));

test("shows at most 240 characters around the match", () => {
  const line = around(`${filler}the heron stands ${filler}`);
  expect(line.length).toBeLessThanOrEqual(240);
  expect(line).toMatch(/^….*the heron stands.*…$/s);
});

test("shows a short text whole, on one line", () => {
  expect(around("A heron\n\n  stands.")).toBe("A heron stands.");
});

test("begins at the beginning when the words are nowhere to be seen", () => {
  expect(around(filler)).toMatch(/^слово word .*…$/);
  expect(around("")).toBe("");
});

test.each([0, 1])("cuts no character in two (%i)", (shift) => {
  const pad = "a".repeat(shift);
  const line = around(`${pad}${"🎉".repeat(500)}`);
  expect(line.length).toBeLessThanOrEqual(240);
  expect(line.isWellFormed()).toBe(true);
  const middle = around(`${pad}${"🎉".repeat(500)}heron${"🎉".repeat(500)}`);
  expect(middle.length).toBeLessThanOrEqual(240);
  expect(middle.isWellFormed()).toBe(true);
  expect(middle).toContain("heron");
});

test("collapses a long run of blanks without losing the match", () => {
  expect(around(`heron${" ".repeat(5000)}end`)).toMatch(/^heron/);
});
