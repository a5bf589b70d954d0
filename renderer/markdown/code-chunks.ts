/** Lines of one chunk of code: the browser skips those that are out of sight. */
const chunkLines = 64;
/** A longer line is broken on the screen; measuring a line of a megabyte would hold up the page. */
const lineMaxChars = 4_000;

/** Where the chunks of a code block end: each behind a line break, but the last and those inside very long lines. */
export function chunkEnds(code: string): readonly number[] {
  const ends: number[] = [];
  let start = 0;
  let lines = 0;
  let lineStart = 0;
  while (start < code.length) {
    const eol = code.indexOf("\n", lineStart);
    const lineEnd = eol < 0 ? code.length : eol + 1;
    if (lineEnd - lineStart > lineMaxChars) {
      lineStart += lineMaxChars;
      start = lineStart;
      lines = 0;
      ends.push(start);
      continue;
    }
    lineStart = lineEnd;
    lines += 1;
    if (lines === chunkLines || lineEnd === code.length) {
      ends.push(lineEnd);
      start = lineEnd;
      lines = 0;
    }
  }
  return ends;
}

/** The chunks themselves, without the line breaks between them, which the page shows as blocks. */
export function codeChunks(code: string): readonly string[] {
  let start = 0;
  return chunkEnds(code).map((end) => {
    const chunk = code.slice(start, code[end - 1] === "\n" ? end - 1 : end);
    start = end;
    return chunk;
  });
}
