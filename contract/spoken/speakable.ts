import { addressEnd } from "../markdown/cjk-syntax.ts";
import { parseMarkdown, type BlockNode } from "../markdown/parse-markdown.ts";

/**
 * Stand for a word of the sentence's language, which is known when the sentence is complete. Such characters have no
 * meaning of their own in Unicode (§23.5) and are left out of what the answer holds.
 */
export const linkMark = "\uE000";
export const formulaMark = "\uE001";

/** What a voice says something for. */
export const voiced = /[\p{L}\p{N}\p{Co}]/u;

/** Emoji, flags, skin tones, variation selectors, key caps, drawn boxes, bullets, and what formats (but not U+200C, which parts letters). */
const silent =
  /(?![©®™\u200c])(?:[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\p{Variation_Selector}\p{Co}\p{Cf}\u2500-\u259f•]|\u20e3)/gu;
const address = /(?<![\p{L}\p{N}])(?:[a-z][a-z\d+.-]{1,20}:\/\/|www\.|data:(?=[\w/+.-]+[;,]))[^\s<>`|]*/giu;
/** Ends of a sentence that belong to it and not to the address before. */
const addressTail = /[.,;:!?)\]»”"'’*_…]/u;
/** What is read out of a formula as it stands: names, numbers and the signs that voices know. */
const plainFormula = /^[\p{L}\p{N}\s+=<>.,()/-]{1,30}$/u;
/** Numbers of a list are not said, but "1984. It was cold." is no list to anybody but the parser. */
const sayNumbersFrom = 100;

const silentElement = /^<(script|style|pre|svg)\b[^>]*>?/iu;
const borderTag =
  /^<\/?(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6]|hr|blockquote|details|summary|section)\b/iu;
const tag = /<!--.*?(?:-->|$)|<\/?[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/gisu;

/**
 * What a voice says of a block: text without marks, addresses and formulas as {@link linkMark} and {@link formulaMark},
 * nothing for code and definitions. A line feed is the end of a sentence for sure.
 * @param continued a table's head row was said with the block before.
 */
export function speakable(node: BlockNode, continued = false): string {
  switch (node.type) {
    case "paragraph":
    case "heading":
    case "tableCell":
      return phrasing(node.children)
        .replaceAll(/(?<=[\p{P}\s])\u2009|\u2009(?=[\p{P}\s])/gu, "")
        .trim();
    case "blockquote":
    case "listItem":
      return lines(node.children.map((child) => speakable(child)));
    case "list": {
      const first = node.ordered === true ? (node.start ?? 1) : 0;
      const numbered = node.children.map((item, index) =>
        first + index < sayNumbersFrom ? speakable(item) : `${first + index}. ${speakable(item)}`,
      );
      return lines(numbered);
    }
    case "table":
      return lines(node.children.slice(continued ? 1 : 0).map((row) => speakable(row)));
    case "tableRow":
      return node.children
        .map((cell) => speakable(cell))
        .filter((cell) => cell !== "")
        .join(", ");
    case "math":
      // One that has no end yet may become another.
      return node.data?.unfinished === true ? "" : formula(node.value);
    case "html":
      return ofHtml(node.value);
    default:
      return "";
  }
}

function lines(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

/** Whether a node stands inside of paragraphs is known by its type. */
function phrasing(nodes: readonly BlockNode[]): string {
  let said = "";
  let closing: string | undefined;
  for (const node of nodes) {
    const html = node.type === "html" ? node.value.toLowerCase() : undefined;
    if (closing === undefined) said += inline(node);
    else if (html === closing) closing = undefined;
    const opened = html === undefined ? undefined : silentElement.exec(html)?.[1];
    if (closing === undefined && opened !== undefined) closing = `</${opened}>`;
  }
  return said;
}

function inline(node: BlockNode): string {
  switch (node.type) {
    case "text":
      return prose(node.value);
    case "inlineCode":
      return withoutAddresses(node.value.replaceAll("`", " "));
    case "inlineMath":
      // A thin space, which is kept between words only.
      return `\u2009${formula(node.value)}\u2009`;
    case "image":
      return prose(node.alt ?? "");
    case "html":
      return borderTag.test(node.value) ? " " : "";
    case "break":
      return " ";
    default:
      return "children" in node ? phrasing(node.children) : "";
  }
}

function formula(tex: string): string {
  return plainFormula.test(tex.trim()) ? tex.trim() : formulaMark;
}

/** What stands behind the beginning of a formula that never ended, when it is no formula. */
export function unfinishedFormula(node: BlockNode): string {
  if (node.type !== "math" || node.data?.unfinished !== true) return "";
  const text = node.value.replace(/^(?:\$+|\\\[)/u, "");
  return /[\\^_{]/u.test(text) ? formulaMark : lines(parseMarkdown(text).map((block) => speakable(block)));
}

/** The page shows the tags; a voice says what stands between them. */
function ofHtml(html: string): string {
  const shown = html
    .replaceAll(/<(script|style|pre|svg)\b.*?(?:<\/\1>|$)/gisu, " ")
    .replaceAll(tag, " ")
    .replaceAll("<", " ");
  return lines(parseMarkdown(shown.trim()).map((node) => speakable(node)));
}

function withoutAddresses(text: string): string {
  return text.replaceAll(silent, "").replaceAll(address, (whole) => {
    const full = whole.search(addressEnd);
    let end = full < 0 ? whole.length : full;
    while (addressTail.test(whole.charAt(end - 1))) end -= 1;
    return linkMark + whole.slice(end);
  });
}

/** Text without what is left of marks: those of emphasis, references and brackets; words of snake_case apart. */
function prose(text: string): string {
  return withoutAddresses(text.replaceAll(/\n[•▪◦‣][ \t]*/gu, "\u2028"))
    .replaceAll("\n", " ")
    .replaceAll("\u2028", "\n")
    .replaceAll(/mailto:(?=\S|$)|\[\^[^\]\s]{1,60}\]|\]\[[^\]]{0,200}\]|~~+/gu, "")
    .replaceAll(/(?<=[\p{L}\p{N}])(?:_+(?=[\p{L}\p{N}])|\[)|[\\|]/gu, " ")
    .replaceAll(/[[\]_]/gu, "")
    .replaceAll(/\*+/gu, (run, at: number, whole: string) => {
      const beside = whole.charAt(at - 1) + whole.charAt(at + run.length);
      return /^(?:\d\d|\s*)$/u.test(beside) && whole.length > run.length ? run : "";
    });
}
