import { detached } from "./detached.ts";

/** What one step of reading takes. */
export interface TextWindow {
  readonly source: string;
  /** The text goes on behind it. */
  readonly isCut: boolean;
  /** A line that opens too many containers to be parsed. */
  readonly isDeep: boolean;
}

/**
 * No block is longer, but for fenced code: lists are cut between items, tables between rows, anything else between
 * lines. So is what one step costs.
 */
export const windowChars = 8_192;
/** What is tried first: most blocks are shorter, and a step should take little of a frame. */
export const stepChars = 2_048;

/** A line that opens 40 quotations or lists at once: their cost grows with the square. */
const deepLine = /^[ \t]*(?:(?:>|(?:[*+-]|\d{1,9}[.)])[ \t])[ \t]*){40}/m;

/** Cells, brackets and formulas are dear to parse and to draw: a window ends behind the line with so much of them. */
const maxCost = 800;
const costly = /[|[\]$]/g;
const formulaCost = 4;

/** Whole lines from `at`, at most `maxChars`, up to a line that is too deep or to where it becomes too dear. */
export function readWindow(text: string, at: number, maxChars = windowChars): TextWindow {
  const fitting = withinCost(detached(text.slice(at, at + maxChars)));
  const isLonger = at + fitting.length < text.length;
  const source = isLonger ? wholeLines(fitting) : fitting;
  const deepAt = deepLine.exec(source)?.index;
  if (deepAt === undefined) return { source, isCut: isLonger, isDeep: false };
  if (deepAt > 0) return { source: source.slice(0, deepAt), isCut: true, isDeep: false };
  const lineEnd = source.indexOf("\n") + 1;
  return lineEnd > 0
    ? { source: source.slice(0, lineEnd), isCut: true, isDeep: true }
    : { source, isCut: isLonger, isDeep: true };
}

/** A line that costs twice as much is torn. */
function withinCost(fitting: string): string {
  let cost = 0;
  let end = fitting.length;
  for (const { 0: mark, index } of fitting.matchAll(costly)) {
    if (index >= end) break;
    const before = cost;
    cost += mark === "$" ? formulaCost : 1;
    if (cost >= 2 * maxCost) return fitting.slice(0, index);
    if (before < maxCost && cost >= maxCost) end = fitting.indexOf("\n", index) + 1 || fitting.length;
  }
  return fitting.slice(0, end);
}

/** An address that is torn would lead elsewhere; longer ones are no links. */
const wordMaxChars = 2_048;

function wholeLines(source: string): string {
  const end = source.lastIndexOf("\n") + 1;
  if (end > 0) return source.slice(0, end);
  const wordStart = source.lastIndexOf(" ") + 1;
  if (wordStart > 0 && source.length - wordStart <= wordMaxChars) return source.slice(0, wordStart);
  const last = source.charCodeAt(source.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? source.slice(0, -1) : source;
}
