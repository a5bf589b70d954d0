import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createProgressPrinter, factsText, tableText } from "./print.ts";

test("what moves a cursor or turns the direction of text is shown as its number", () => {
  expect(tableText(["A", "B"], [["x\u001B[2J", "\u202Ey"]])).toBe("A           B\nx\\u{1b}[2J  \\u{202e}y\n");
  expect(factsText([["name", "a\nb"]])).toBe("name  a\\u{a}b\n");
});

test.each([
  [false, "one: 1\none: 10000\ntwo: 5\n"],
  [true, "\r\u001B[Kone: 1\r\u001B[Kone: 2\r\u001B[Kone: 10000\n\u001B[Ktwo: 5\n"],
])(
  "progress stays in its line on a terminal, and elsewhere is told now and then (terminal: %s)",
  (isTTY, text) => {
    const stderr = Object.assign(new PassThrough(), { isTTY });
    {
      using progress = createProgressPrinter(stderr);
      progress.show("one", 1);
      progress.show("one", 2);
      progress.show("one", 10_000);
      progress.show("two", 5);
    }
    expect(String(stderr.read())).toBe(text);
  },
);
