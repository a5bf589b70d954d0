import { advance, createBlockReader, type Block } from "#contract/markdown/read-blocks.ts";
import type { Terminal } from "../kit/terminal.ts";
import { blockLines } from "./block-lines.ts";
import { lineShown, plainOf, type Line } from "./line.ts";
import { rowsOf } from "./text-width.ts";

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** A screen that changes more often is not read any faster. */
const DRAW_EVERY_MS = 40;

/**
 * One answer on a terminal, rendered while it grows. Blocks that may still change are drawn again from the first line that differs, in one write; sealed ones stay. What has
 * left the screen at its top cannot be drawn again and stays as it was.
 */
export function createMarkdownScreen(terminal: Terminal) {
  const { stdout, colour } = terminal;
  const lines = createLineScreen(stdout, (line) => lineShown(line, colour));
  const sealed: Block[] = [];
  const reader = createBlockReader((block) => sealed.push(block));
  let columns = stdout.columns ?? DEFAULT_COLUMNS;
  let isFirst = true;
  let heldBack = "";
  let timer: NodeJS.Timeout | undefined;

  const linesOf = (blocks: readonly Block[]): readonly Line[] => {
    const all: Line[] = [];
    for (const block of blocks) {
      const own = blockLines(block, columns);
      if (own.length > 0 && block.continued !== true && !(isFirst && all.length === 0)) all.push([]);
      all.push(...own);
    }
    return all;
  };
  const draw = (final: boolean): void => {
    clearTimeout(timer);
    timer = undefined;
    while (advance(reader, final));
    // Lines are counted for the width at which the block began.
    if (stdout.columns !== undefined && stdout.columns !== columns) lines.giveWay();
    const done = linesOf(sealed);
    lines.draw(linesOf([...sealed, ...reader.live()]), done.length, columns);
    if (done.length > 0) isFirst = false;
    if (sealed.splice(0).length > 0) columns = stdout.columns ?? DEFAULT_COLUMNS;
  };
  return {
    write(text: string): void {
      const whole = heldBack + text;
      // Whether a line feed follows a carriage return, the next piece says.
      heldBack = whole.endsWith("\r") ? "\r" : "";
      reader.text += whole.slice(0, whole.length - heldBack.length).replaceAll(/\r\n?/g, "\n");
      timer ??= setTimeout(() => draw(false), DRAW_EVERY_MS);
    },
    giveWay(): void {
      draw(false);
      lines.giveWay();
    },
    end(): void {
      draw(true);
      lines.giveWay();
    },
  };
}

/** The lines at the end of a terminal that may still change. */
function createLineScreen(stdout: Terminal["stdout"], shown: (line: Line) => string) {
  let drawn: readonly Line[] = [];
  /** How many of `drawn` are out of reach. */
  let frozen = 0;
  /** The cursor stands at the end of a line of ours. */
  let isOpen = false;

  return {
    /** @param done how many of the lines will not change any more */
    draw(next: readonly Line[], done: number, columns: number): void {
      let first = firstToDraw(drawn, next, frozen, isOpen);
      const rowsFrom = (from: number): number =>
        drawn.slice(from).reduce((sum, line) => sum + rowsOf(plainOf(line), columns), 0);
      if (isOpen) {
        const reach = stdout.rows ?? DEFAULT_ROWS;
        while (first < drawn.length - 1 && rowsFrom(first) > reach) first += 1;
      }
      const fresh = next.slice(first).map(shown).join("\n");
      if (next.length > first) {
        const last = isOpen && first === drawn.length - 1 ? shown(drawn[first] ?? []) : undefined;
        if (last !== undefined && fresh.startsWith(last)) stdout.write(fresh.slice(last.length));
        else stdout.write(`${isOpen ? backTo(rowsFrom(first)) : ""}${fresh}`);
        isOpen = true;
      }
      drawn = next.slice(done);
      frozen = Math.max(0, Math.min(frozen, first) - done);
    },
    giveWay(): void {
      if (isOpen) stdout.write("\n");
      isOpen = false;
      frozen = drawn.length;
    },
  };
}

/** From the end of what is drawn to the beginning of its last `rows` rows, which are cleared; or to a new line. */
function backTo(rows: number): string {
  if (rows === 0) return "\n";
  return `\r${rows > 1 ? `\u001B[${rows - 1}A` : ""}\u001B[J`;
}

/** The first line that differs. After an interruption the last line is repeated if it has grown, those before it never. */
function firstToDraw(drawn: readonly Line[], next: readonly Line[], frozen: number, isOpen: boolean): number {
  let first = 0;
  while (first < drawn.length && first < next.length && isSame(drawn[first], next[first])) first += 1;
  if (!isOpen) return Math.max(first, drawn.length - 1);
  // There must be a line for the cursor to stand in.
  return Math.max(frozen, first === next.length && drawn.length > first ? first - 1 : first);
}

function isSame(one: Line | undefined, other: Line | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
