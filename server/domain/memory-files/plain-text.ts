/**
 * What no line of a memory file holds as it is: characters that some reader takes for the end of a line, that a terminal
 * obeys, or that UTF-8 cannot spell.
 */
const odd = String.raw`[^\P{Cc}\n\t]|[\p{Cs}\u2028\u2029\ufeff]`;
const spelled = new RegExp(String.raw`(?<!\\)(\\*)(u\{|${odd})`, "gu");
const unspelled = /(?<!\\)(\\+)u\{(?:([0-9a-f]{1,6})\})?/gu;
/** A longer line is told from others in no time that is worth it. */
const PLAIN_MAX_CHARS = 10_000;
/** So much is put in order between two turns of the event loop. */
const PIECE_CHARS = 65_536;
/** In Markdown nothing begins behind so much space: no heading, fence, quote, list, rule or HTML. */
const INDENT = "    ";

/** Spells odd characters as `\u{hex}`, on one line or several. `unspell` is the way back. */
function spell(text: string): string {
  return text.replace(spelled, (_match, slashes: string, what: string) =>
    what === "u{" ? `${slashes}${slashes}u{` : `${slashes}${slashes}\\u{${codeOf(what)}}`,
  );
}

function unspell(text: string): string {
  return text.replace(unspelled, (_match, slashes: string, hex: string | undefined) => {
    const half = "\\".repeat(slashes.length >> 1);
    if (slashes.length % 2 === 0) return `${half}u{${hex === undefined ? "" : `${hex}}`}`;
    return hex === undefined ? `${slashes}u{` : half + String.fromCodePoint(Number.parseInt(hex, 16));
  });
}

/** A name or title on one line, none of which Markdown takes for a mark. {@link fromLine} is the way back. */
export function toLine(text: string): string {
  return spell(text)
    .replaceAll(/[\\`*<>[\]]/gu, String.raw`\$&`)
    .replaceAll("\n", String.raw`\n`);
}

export function fromLine(line: string): string {
  return unspell(
    line.replaceAll(/\\(.)/gu, (_match, character: string) => (character === "n" ? "\n" : character)),
  );
}

/** True for a text that can stand at the end of a line of Markdown as it is, and begin nothing there. */
export function isPlainLine(text: string): boolean {
  if (text === "" || text.length > PLAIN_MAX_CHARS) return false;
  return !/[\n<]/u.test(text) && text.trim() === text && spell(text) === text;
}

/** The lines of any text, indented, piece by piece. {@link fromBlock} is the way back. */
export function* toBlock(text: string): Generator<string> {
  for (let from = 0; from <= text.length;) {
    const end = text.indexOf("\n", from + PIECE_CHARS);
    const to = end < 0 ? text.length : end;
    yield `${INDENT}${spell(text.slice(from, to)).replaceAll("\n", `\n${INDENT}`)}\n`;
    from = to + 1;
  }
}

/** @param lines without their ends */
export function fromBlock(lines: readonly string[]): string {
  return unspell(lines.map((line) => line.slice(INDENT.length)).join("\n"));
}

export function isIndented(line: string): boolean {
  return line.startsWith(INDENT);
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
