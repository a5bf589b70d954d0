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

/** A line that opens 40 quotations or lists at once: their cost grows with the square. */
const deepLine = /^[ \t]*(?:(?:>|(?:[*+-]|\d{1,9}[.)])[ \t])[ \t]*){40}/m;

/** Whole lines from `at`, as many as fit, up to a line that is too deep. */
export function readWindow(text: string, at: number): TextWindow {
  const isLonger = at + windowChars < text.length;
  const fitting = text.slice(at, at + windowChars);
  const source = isLonger ? wholeLines(fitting) : fitting;
  const deepAt = deepLine.exec(source)?.index;
  if (deepAt === undefined) return { source, isCut: isLonger, isDeep: false };
  if (deepAt > 0) return { source: source.slice(0, deepAt), isCut: true, isDeep: false };
  const lineEnd = source.indexOf("\n") + 1;
  return lineEnd > 0
    ? { source: source.slice(0, lineEnd), isCut: true, isDeep: true }
    : { source, isCut: isLonger, isDeep: true };
}

function wholeLines(source: string): string {
  const end = source.lastIndexOf("\n") + 1;
  if (end > 0) return source.slice(0, end);
  const last = source.charCodeAt(source.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? source.slice(0, -1) : source;
}
