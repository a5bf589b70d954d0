/**
 * The one rule for text of others on a terminal: it must not move the cursor, set the title or the clipboard (CWE-150),
 * or turn the direction of what stands beside it. Such characters are shown as `\u{1b}`.
 */

/** For one field of a line, such as a login: nothing in it may be invisible. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped);
}

/** For text of several lines: line feeds and tabs are kept, and so are the joiners that scripts and emoji need. */
export function visibleText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escaped);
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** One line of JSON that a terminal may show: what JSON itself leaves as it is, is escaped as JSON escapes it. */
export function jsonLine(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`;
}

/** JSON of the same meaning that a terminal may show. */
export function visibleJson(json: string): string {
  return json.replaceAll(
    /[\u007F-\u009F\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
