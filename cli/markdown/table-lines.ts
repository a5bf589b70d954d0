import type { BlockNode } from "#contract/markdown/parse-markdown.ts";
import { inlinePieces } from "./inline-pieces.ts";
import { piece, plainOf, wrap, type Line, type Piece } from "./line.ts";
import { widthOf } from "./text-width.ts";

type Table = Extract<BlockNode, { type: "table" }>;
type Align = NonNullable<Table["align"]>[number];

const GAP = " │ ";
/** Narrower columns tear every word. */
const MIN_COLUMN = 6;

/** A table that fits into `columns`; where that would tear its words, each row stands as a list of its cells. */
export function tableLines(table: Table, columns: number, continued: boolean): readonly Line[] {
  const rows = table.children.map((row, index) =>
    row.children.map((cell) => inlinePieces(cell.children, index === 0 ? ["bold"] : [])),
  );
  const count = rows[0]?.length ?? 0;
  const natural = Array.from({ length: count }, (_, column) =>
    Math.max(1, ...rows.map((row) => widthOf(plainOf(row[column] ?? [])))),
  );
  const widths = fitted(natural, columns - GAP.length * (count - 1));
  const shown = continued ? rows.slice(1) : rows;
  if (widths === undefined) return records(rows, columns);
  const lines = shown.map((row) => rowLines(row, widths, table.align ?? []));
  const rule: Line = [piece(widths.map((width) => "─".repeat(width)).join("─┼─"), ["dim"])];
  return continued ? lines.flat() : [...(lines[0] ?? []), rule, ...lines.slice(1).flat()];
}

/** The widest columns give way; undefined when that leaves too little. */
function fitted(natural: readonly number[], room: number): readonly number[] | undefined {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= MIN_COLUMN) return undefined;
    widths[widths.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}

function rowLines(
  row: readonly (readonly Piece[])[],
  widths: readonly number[],
  align: readonly Align[],
): readonly Line[] {
  const cells = widths.map((width, column) => wrap(row[column] ?? [], width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) =>
    cells.flatMap((lines, column) => {
      const line = lines[index] ?? [];
      const room = (widths[column] ?? 0) - widthOf(plainOf(line));
      const left = align[column] === "right" ? room : align[column] === "center" ? Math.floor(room / 2) : 0;
      const right = column === widths.length - 1 ? 0 : room - left;
      const gap = column === 0 ? [] : [piece(GAP, ["dim"])];
      return [...gap, piece(" ".repeat(left)), ...line, piece(" ".repeat(right))];
    }),
  );
}

function records(rows: readonly (readonly (readonly Piece[])[])[], columns: number): readonly Line[] {
  const [head = [], ...body] = rows;
  return body.flatMap((row, index) => [
    ...(index > 0 ? [[]] : []),
    ...row.flatMap((cell, column) => wrap([...(head[column] ?? []), piece(": "), ...cell], columns)),
  ]);
}
