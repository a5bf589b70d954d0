import { styleText } from "node:util";
import { visibleText } from "#contract/terminal-text.ts";
import { cellsOf, type Cell } from "./text-width.ts";

type Style = "bold" | "dim" | "italic" | "underline" | "strikethrough" | "cyan";

/** Text in one look. */
export interface Piece {
  readonly text: string;
  readonly styles: readonly Style[];
  /** Where it leads, as an OSC 8 link. */
  readonly link?: string;
}

/** One line on the screen. */
export type Line = readonly Piece[];

/** A piece of what others wrote; it cannot control the terminal. */
export function piece(text: string, styles: readonly Style[] = [], link?: string): Piece {
  return { text: visibleText(text), styles, ...(link === undefined ? {} : { link }) };
}

export function plainOf(line: Line): string {
  return line.map(({ text }) => text).join("");
}

/** A line as it is written to a terminal. */
export function lineShown(line: Line, colour: boolean): string {
  return line
    .map(({ text, styles, link }) => {
      const styled =
        colour && styles.length > 0 ? styleText([...styles], text, { validateStream: false }) : text;
      return link === undefined ? styled : `\u001B]8;;${link}\u001B\\${styled}\u001B]8;;\u001B\\`;
    })
    .join("");
}

interface PlacedCell extends Cell {
  readonly of: Piece;
}

/** Breaks pieces into lines of at most `width` columns: at spaces, between wide characters, else within a word. */
export function wrap(pieces: readonly Piece[], width: number): readonly Line[] {
  const lines: Line[] = [];
  let line: PlacedCell[] = [];
  let word: PlacedCell[] = [];
  const endWord = (): void => {
    if (line.length > 0 && widthOfCells(line) + widthOfCells(word) > width) endLine();
    for (const cell of word) {
      if (line.length > 0 && widthOfCells(line) + cell.width > width) endLine();
      line.push(cell);
    }
    word = [];
  };
  const endLine = (): void => {
    while (line.at(-1)?.text === " ") line.pop();
    lines.push(joined(line));
    line = [];
  };
  for (const of of pieces) {
    for (const cell of cellsOf(of.text)) {
      if (cell.text === "\n") {
        endWord();
        endLine();
      } else if (cell.text === " " || cell.text === "\t") {
        endWord();
        if (line.length > 0 && widthOfCells(line) < width) line.push({ text: " ", width: 1, of });
      } else {
        if (cell.width === 2 || word.at(-1)?.width === 2) endWord();
        word.push({ ...cell, of });
      }
    }
  }
  endWord();
  endLine();
  return lines;
}

function widthOfCells(cells: readonly Cell[]): number {
  let sum = 0;
  for (const { width } of cells) sum += width;
  return sum;
}

function joined(cells: readonly PlacedCell[]): Line {
  const line: Piece[] = [];
  let last: Piece | undefined;
  for (const { text, of } of cells) {
    const before = line.at(-1);
    if (of === last && before !== undefined) line[line.length - 1] = { ...before, text: before.text + text };
    else line.push({ ...of, text });
    last = of;
  }
  return line;
}
