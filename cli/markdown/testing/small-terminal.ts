import { Writable } from "node:stream";
import { cellsOf } from "../text-width.ts";

/** A terminal that knows what answers are drawn with, for tests: lines, wrapping, going up, clearing, colours, links. */
export function createSmallTerminal(columns: number, rows = 24) {
  let lines: string[][] = [[]];
  let row = 0;
  let column = 0;
  let written = "";

  const put = (text: string, width: number): void => {
    if (column + width > columns) down();
    const line = (lines[row] ??= []);
    line[column] = text;
    if (width === 2) line[column + 1] = "";
    column += width;
  };
  const down = (): void => {
    row += 1;
    column = 0;
    lines[row] ??= [];
  };
  const write = (text: string): void => {
    written += text;
    // A sequence that is not known here is shown, and so fails the test.
    const visible = text.replaceAll("\u001B", "␛");
    for (const part of visible.match(/␛\[\d*[AJm]|␛\]8;;[^␛]*␛\\|[^␛\r\n]+|[^]/g) ?? []) {
      if (part === "\n") down();
      else if (part === "\r") column = 0;
      else if (part === "␛[J") lines = [...lines.slice(0, row), (lines[row] ?? []).slice(0, column)];
      else if (/^␛\[\d+A$/.test(part)) {
        const top = Math.max(0, lines.length - rows);
        row = Math.max(top, row - Number(part.slice(2, -1)));
      } else if (!/^␛(?:\[\d*m|\]8)/.test(part)) {
        for (const { text: cell, width } of cellsOf(part)) put(cell, width);
      }
    }
  };
  const stdout = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        write(chunk.toString());
        done();
      },
    }),
    { isTTY: true, columns, rows },
  );
  return {
    stdout,
    /** What was written, with all sequences. */
    written: () => written,
    /** What stands on the screen and above it. */
    text: () =>
      lines
        .map((line) =>
          Array.from(line, (cell) => cell ?? " ")
            .join("")
            .trimEnd(),
        )
        .join("\n"),
  };
}
