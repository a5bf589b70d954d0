/** An undecided construct longer than this is plain text. */
const LOOK_AHEAD_CHARS = 1000;
const TAG_MAX_CHARS = 300;
const FOOTNOTE_MAX_CHARS = 60;

export interface Tag {
  readonly said: string;
  readonly length: number;
  /** `<https://…>`: read as an address. */
  readonly isAddress: boolean;
  /** What follows is not spoken until this (lower case) has come. */
  readonly skipUntil: string | undefined;
}

const attribute = String.raw`\s+[\w:@.-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>]+))?`;
const tagPattern = new RegExp(String.raw`^</?([a-z][a-z0-9-]*)(?:${attribute})*\s*/?>`, "iu");
/** What may still become a tag, a comment or an autolink. */
const openTag = new RegExp(
  String.raw`^<(?:/?(?:[a-z][a-z0-9-]*(?:${attribute})*(?:\s+[\w:@.-]*\s*(?:=\s*(?:"[^"]*|'[^']*)?)?)?\s*/?)?|!-?|[^\s<>]*)$`,
  "iu",
);
const blockTags = /^(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6]|hr|blockquote|details|summary|section)$/iu;
const silentTags = /^(?:script|style|pre|svg)$/iu;

/** Reads what "<" begins: a tag, a comment, an autolink (CommonMark 0.31 §6.5-6.6) or nothing. Undefined: more text needed. */
export function readTag(text: string, ends: boolean): Tag | undefined {
  if (text.startsWith("<!--")) return { said: "", length: 4, isAddress: false, skipUntil: "-->" };
  const found = readAutolink(text) ?? readElement(text);
  if (found !== undefined) return found;
  if (!ends && text.length < TAG_MAX_CHARS && openTag.test(text)) return undefined;
  return { said: "<", length: 1, isAddress: false, skipUntil: undefined };
}

function readAutolink(text: string): Tag | undefined {
  const match = /^<(?:[a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]+@[^\s<>@]+)>/iu.exec(text)?.[0];
  if (match === undefined) return undefined;
  const isMail = match.includes("@");
  const said = isMail ? match.slice(1, -1).replace(/^mailto:/iu, "") : "";
  return { said, length: match.length, isAddress: !isMail, skipUntil: undefined };
}

function readElement(text: string): Tag | undefined {
  const match = tagPattern.exec(text);
  if (match === null) return undefined;
  const [tag, name = ""] = match;
  const opens = silentTags.test(name) && !tag.startsWith("</") && !tag.endsWith("/>");
  return {
    said: blockTags.test(name) ? " " : "",
    length: tag.length,
    isAddress: false,
    skipUntil: opens ? `</${name.toLowerCase()}>` : undefined,
  };
}

/** Length of a footnote mark "[^1]", 0 if it is none, undefined when more text is needed. */
export function readFootnote(text: string, ends: boolean): number | undefined {
  if (text.length === 1 && !ends) return undefined;
  if (!text.startsWith("[^")) return 0;
  const end = text.indexOf("]");
  if (end > 0 && end < FOOTNOTE_MAX_CHARS) return end + 1;
  return ends || end > 0 || text.length >= FOOTNOTE_MAX_CHARS ? 0 : undefined;
}

/** Length of "(address "title")" or "[reference]" after a link's text, 0 if there is none, undefined when more is needed. */
export function readLinkTarget(text: string, ends: boolean): number | undefined {
  if (text === "") return ends ? 0 : undefined;
  if (!/^[([]/u.test(text)) return 0;
  const target =
    /^\(\s*(?:<[^<>]*>|(?:[^()\s]|\([^()]*\))*)(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/u.exec(text) ??
    /^\[[^[\]]*\]/u.exec(text);
  if (target !== null) return target[0].length;
  return ends || text.length >= LOOK_AHEAD_CHARS ? 0 : undefined;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  mdash: "—",
  ndash: "–",
  hellip: "…",
  copy: "©",
  laquo: "«",
  raquo: "»",
};

/** Reads a character reference (`&amp;`, `&#39;`); an unknown one is said as it stands. Undefined: more text needed. */
export function readEntity(text: string, ends: boolean): { said: string; length: number } | undefined {
  const match = /^&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/iu.exec(text);
  if (match === null) return !ends && /^&[#\w]{0,9}$/u.test(text) ? undefined : { said: "&", length: 1 };
  const named = match[3];
  if (named !== undefined) return { said: entities[named.toLowerCase()] ?? " ", length: match[0].length };
  const point = match[1] === undefined ? Number.parseInt(match[2] ?? "", 16) : Number(match[1]);
  const valid = point > 31 && point <= 0x10_ffff && (point < 0xd800 || point > 0xdfff);
  return { said: valid ? String.fromCodePoint(point) : " ", length: match[0].length };
}
