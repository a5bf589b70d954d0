/** What the lines before have established. Changed by {@link readLineStart}. */
export interface LineContext {
  /** The opening of the code fence we are in, e.g. "```". */
  fence: string | undefined;
  inList: boolean;
  blankBefore: boolean;
  /** The line before was indented code. */
  codeBefore: boolean;
}

export interface LineStart {
  /** Characters to skip: the markers, or the whole line with its line feed when `rest` is "none". */
  readonly consumed: number;
  /** What is left of the line: nothing, code that is not spoken, or text. */
  readonly rest: "none" | "dropped" | "text";
  /** A new sentence begins here: heading, list item, quote, after a blank line. */
  readonly breakBefore: boolean;
  /** The end of this line ends its sentence: a heading, a table row. */
  readonly breakAfter: boolean;
}

/** A line start that is still undecided after this many characters is decided as it stands. */
const LOOK_AHEAD_CHARS = 200;

interface Line {
  readonly text: string;
  /** Its line feed has come, or will not. */
  readonly complete: boolean;
  /** Length with the line feed. */
  readonly fullLength: number;
}

/** Reads the start of a line of markdown (CommonMark 0.31 §4 and §5). Undefined when more text is needed. */
export function readLineStart(pending: string, context: LineContext, atEnd: boolean): LineStart | undefined {
  const feed = pending.indexOf("\n");
  const text = feed === -1 ? pending : pending.slice(0, feed);
  const complete = feed !== -1 || atEnd || text.length > LOOK_AHEAD_CHARS;
  const line: Line = { text, complete, fullLength: text.length + (feed === -1 ? 0 : 1) };
  if (context.fence !== undefined) return insideFence(line, context.fence, context);
  if (text.trim() === "") {
    if (!complete) return undefined;
    context.blankBefore = true;
    return skipped(line);
  }
  const indent = /^[ \t]*/u.exec(text)?.[0] ?? "";
  if (isIndentedCode(indent, context)) {
    context.codeBefore = true;
    return { consumed: 0, rest: "dropped", breakBefore: true, breakAfter: true };
  }
  return afterMarkers(line, indent.length, context);
}

function skipped(line: Line): LineStart {
  return { consumed: line.fullLength, rest: "none", breakBefore: true, breakAfter: false };
}

function insideFence(line: Line, fence: string, context: LineContext): LineStart | undefined {
  const body = line.text.replace(/^[\s>]*/u, "");
  const mark = fence.charAt(0);
  if (!line.complete && (body === "" || body.startsWith(mark))) return undefined;
  const closing = body.trimEnd();
  if (closing.length >= fence.length && closing === mark.repeat(closing.length)) {
    context.fence = undefined;
    context.blankBefore = true;
    return skipped(line);
  }
  return { consumed: 0, rest: "dropped", breakBefore: false, breakAfter: false };
}

/** Four spaces after a blank line are code, except in a list, where they are the item's next paragraph. */
function isIndentedCode(indent: string, context: LineContext): boolean {
  const deep = indent.includes("\t") || indent.length >= 4;
  return deep && !context.inList && (context.blankBefore || context.codeBefore);
}

function afterMarkers(line: Line, indent: number, context: LineContext): LineStart | undefined {
  const { at, item } = skipMarkers(line.text, indent);
  const rest = line.text.slice(at);
  if (!line.complete && isUndecided(rest)) return undefined;
  const fence = /^(`{3,}|~{3,})[^`]*$/u.exec(rest)?.[1];
  if (fence !== undefined || isRule(rest) || isRule(line.text.slice(indent))) {
    context.fence = fence;
    return skipped(line);
  }
  const block = /^(?:#{1,6}(?:[ \t]+|$)|\|)/u.exec(rest)?.[0];
  const breakBefore = at > indent || block !== undefined || context.blankBefore;
  noteText(item, indent, context);
  return { consumed: at + (block?.length ?? 0), rest: "text", breakBefore, breakAfter: block !== undefined };
}

/** Skips quote and list markers, which may stand in each other. */
function skipMarkers(text: string, from: number): { readonly at: number; readonly item: boolean } {
  let at = from;
  let item = false;
  for (;;) {
    const marker = /^(?:>[ \t]?|[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,2}[.)][ \t]+)/u.exec(
      text.slice(at),
    )?.[0];
    if (marker === undefined) return { at, item };
    at += marker.length;
    item ||= !marker.startsWith(">");
  }
}

/** A list goes on until a paragraph that is not indented. */
function noteText(item: boolean, indent: number, context: LineContext): void {
  if (item) context.inList = true;
  else if (context.blankBefore && indent < 2) context.inList = false;
  context.blankBefore = false;
  context.codeBefore = false;
}

/** Whether the next character may still change what this line is. */
function isUndecided(rest: string): boolean {
  return (
    /^[-*_=|:+• \t]*$/u.test(rest) ||
    /^(?:`{1,2}|~{1,2}|#{1,6}[ \t]*|\d{1,2}[.)]?)$/u.test(rest) ||
    /^(?:`{3,}|~{3,})[^`]*$/u.test(rest) ||
    /^\[[ xX]?\]?[ \t]?$/u.test(rest)
  );
}

/** A thematic break, the underline of a heading, or the line under a table's head. */
function isRule(rest: string): boolean {
  const text = rest.trimEnd();
  return (
    /^(?:=+|-+|([-*_])(?:[ \t]*\1){2,})$/u.test(text) ||
    (/^[|:\- \t]+$/u.test(text) && /\|.*-|-.*\|/u.test(text))
  );
}
