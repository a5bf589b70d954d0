import { expect, it } from "vitest";
import { completeTail } from "./complete-tail.ts";

it.each([
  ["a **bo", "a **bo**"],
  ["a **bold*", "a **bold**"],
  ["a *it", "a *it*"],
  ["a ***both", "a ***both***"],
  ["a **b *c", "a **b *c***"],
  ["a ~~go", "a ~~go~~"],
  ["a __bo", "a __bo__"],
  ["a `co", "a `co`"],
  ["a `co **", "a `co **`"],
  ["see [the no", "see the no"],
  ["see [the notes](https://exa", "see the notes"],
  ["see ![a pic", "see a pic"],
  ["| a", "| a |\n| - |"],
  ["| a | b ", "| a | b |\n| - | - |"],
  ["| a | **b** \\| c |", "| a | **b** \\| c |\n| - | - |"],
  ["| a | b |\n", "| a | b |\n| - | - |"],
  ["| a | b |\n| :-", "| a | b |\n| - | - |"],
  ["text\n\n| a | b |\n| - | -", "text\n\n| a | b |\n| - | - |"],
  ["first **x**\n\nthen **y", "first **x**\n\nthen **y**"],
])("ends what was begun: %j", (source, completed) => {
  expect(completeTail(source)).toBe(completed);
});

it.each(["a **", "a *", "a `", "a ~~", "**", "|"])("hides marks that have no content yet: %j", (source) => {
  expect(completeTail(source)).not.toMatch(/[*`~|]/);
});

it.each([
  "all **done** and `so` on",
  "2 * 3 * 4",
  "a \\*b",
  "a **b | c",
  "|x| is **b",
  "| a | b |\n| :- | -: |",
  "| a | b |\n| - | - |\n| 1 **",
  "```ts\nconst a = **b",
  "    indented **code",
  "$$\na **b",
  "a_b_c and snake_case",
  "`a` ** b",
  `**${"long ".repeat(1_000)}`,
])("leaves alone what is whole, or no prose: %j", (source) => {
  expect(completeTail(source)).toBe(source);
});

it("changes nothing before the last paragraph", () => {
  const before = "one **open\n\ntwo `open\n\n";
  expect(completeTail(`${before}three **b`)).toBe(`${before}three **b**`);
});
