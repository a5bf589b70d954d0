const openLink = /!?\[([^[\]\n]*)\](?:\([^()\n]*)?$/;
const openLabel = /!?\[(?![ xX]?$)([^[\]\n]*)$/;
/** Marks that begin something which has no content yet. */
const danglingMarks = /(?:^|(?<=\s))[*_~`]+$/;
const fenceLine = /^[ \t>*+-]*(?:```|~~~|\$\$|\\\[|\\(?:begin|end)\{)/gm;
/** A head row of a table, and what has come of the row of dashes below it. Of a mark alone no one knows what it begins. */
const tableHead = /^(?:\|$|(\| [^\n]*)(?:\n([-:| \t]*))?$)/;
const cellEnd = /(?<!\\)\|/;
const emphasisMark = /\*{1,3}|__|~~/g;

/** Longer text without a blank line is left as it is. */
const maxChars = 4_000;
const maxOpenMarks = 4;

/**
 * Ends what the last paragraph of a growing text began: `**bold` becomes `**bold**`, and of a link that is half written
 * only its text is kept. So marks do not flash up and vanish. What it changes is within the last paragraph.
 */
export function completeTail(source: string): string {
  const blankLine = source.lastIndexOf("\n\n");
  const from = blankLine < 0 ? 0 : blankLine + 2;
  const tail = source.slice(from);
  const head = tail.length <= maxChars ? tableHead.exec(tail) : null;
  if (head !== null) return source.slice(0, from) + completeTable(tail, head[1], head[2]);
  const isProse = tail.length <= maxChars && !/^(?: {4}|\t)|\n$|\|[^\n]*$/.test(tail);
  if (!isProse || (source.match(fenceLine)?.length ?? 0) % 2 === 1) return source;
  return source.slice(0, from) + completeProse(tail);
}

/** Gives a head row the dashes that make it one, as many as it has cells by now: its marks are not shown as text. */
function completeTable(tail: string, row: string | undefined, dashes = ""): string {
  if (row === undefined) return "";
  const cells = row
    .replace(/(?<!\\)\|?[ \t]*$/, "")
    .split(cellEnd)
    .slice(1);
  const isWhole =
    /^\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*$/.test(dashes) && dashes.split("|").length - 2 >= cells.length;
  if (isWhole) return tail;
  return `|${cells.join("|").trimEnd()} |\n|${" - |".repeat(cells.length)}`;
}

function completeProse(tail: string): string {
  const visible = tail.replace(/`[^`\n]+`/g, (code) => "x".repeat(code.length));
  const codeAt = visible.indexOf("`");
  // An open code span hides everything behind it.
  if (codeAt >= 0) return completeCode(tail, codeAt);
  if (danglingMarks.test(visible)) return tail.replace(danglingMarks, "");
  const link = openLink.exec(visible) ?? openLabel.exec(visible);
  if (link === null) return closeEmphasis(tail, visible);
  const label = tail.slice(link.index).replace(openLink, "$1").replace(openLabel, "$1");
  return closeEmphasis(tail.slice(0, link.index) + label, visible.slice(0, link.index) + label);
}

function completeCode(tail: string, codeAt: number): string {
  const inside = tail.slice(codeAt + 1);
  if (inside.trim() === "") return tail.slice(0, codeAt);
  return inside.includes("`") ? tail : `${tail}\``;
}

/** `visible`: the same text without what stands in code spans. */
function closeEmphasis(text: string, visible: string): string {
  const { open, half } = openMarks(visible);
  const closing = open.toReversed().join("");
  if (open.length === 0 || open.length > maxOpenMarks) return text;
  return half === "" ? text.trimEnd() + closing : text + closing.slice(half.length);
}

/** Marks that wait for their end, outermost first; `half`: what stands of the end of the last one ("**bold*"). */
function openMarks(visible: string): { readonly open: readonly string[]; readonly half: string } {
  const open: string[] = [];
  for (const { 0: mark, index } of visible.matchAll(emphasisMark)) {
    const before = visible[index - 1] ?? " ";
    const after = visible[index + mark.length] ?? "";
    if (before === "\\") continue;
    const last = open.at(-1) ?? "";
    if (last === mark && /\S/.test(before)) open.pop();
    else if (/^[^\s*~]/.test(after)) open.push(mark);
    else if (after === "" && last.startsWith(mark)) return { open, half: mark };
  }
  return { open, half: "" };
}
