import { common, createLowlight } from "lowlight";
import { chunkEnds } from "./code-chunks.ts";

/** Colours that tokens.css has for code. */
type TokenKind = "keyword" | "string" | "number" | "comment" | "title" | "type" | "deleted";

/** A piece of code in one colour; without a kind it has that of plain code. */
export interface CodeToken {
  readonly text: string;
  readonly kind?: TokenKind;
}

/** Which colour the scopes of highlight.js have; the first part of a scope decides. */
const kinds: Readonly<Record<string, TokenKind>> = {
  keyword: "keyword",
  "selector-tag": "keyword",
  name: "keyword",
  doctag: "keyword",
  operator: "keyword",
  string: "string",
  regexp: "string",
  addition: "string",
  char: "string",
  number: "number",
  literal: "number",
  symbol: "number",
  bullet: "number",
  comment: "comment",
  quote: "comment",
  meta: "comment",
  title: "title",
  section: "title",
  link: "title",
  type: "type",
  built_in: "type",
  class: "type",
  attr: "type",
  attribute: "type",
  variable: "type",
  property: "type",
  "template-variable": "type",
  "selector-class": "type",
  "selector-id": "type",
  deletion: "deleted",
};

type Tree = ReturnType<ReturnType<typeof createLowlight>["highlight"]>;
type TreeNode = Tree["children"][number];

/** Makes the function that colours code: the chunks of `codeChunks` in tokens, undefined for an unknown language. */
export function createTokenizer(): (
  code: string,
  language: string,
) => readonly (readonly CodeToken[])[] | undefined {
  const lowlight = createLowlight(common);
  return (code, language) =>
    lowlight.registered(language)
      ? intoChunks(flatten(lowlight.highlight(language, code).children, undefined), chunkEnds(code))
      : undefined;
}

function flatten(nodes: readonly TreeNode[], outer: TokenKind | undefined): CodeToken[] {
  return nodes.flatMap((node) => {
    if (node.type === "text") {
      return [outer === undefined ? { text: node.value } : { text: node.value, kind: outer }];
    }
    return node.type === "element"
      ? flatten(node.children, kindOf(node.properties["className"]) ?? outer)
      : [];
  });
}

function kindOf(className: unknown): TokenKind | undefined {
  const [first] = Array.isArray(className) ? className : [];
  return typeof first === "string" ? kinds[first.replace(/^hljs-/, "")] : undefined;
}

/** Cuts tokens where chunks end, and leaves out the line break there. */
function intoChunks(
  tokens: readonly CodeToken[],
  ends: readonly number[],
): readonly (readonly CodeToken[])[] {
  const chunks: CodeToken[][] = [[]];
  let at = 0;
  for (const token of tokens) {
    let { text } = token;
    while (text !== "") {
      const room = (ends[chunks.length - 1] ?? Infinity) - at;
      const part = text.slice(0, room);
      at += part.length;
      text = text.slice(part.length);
      const isEnd = part.length === room;
      const shown = isEnd && part.endsWith("\n") ? part.slice(0, -1) : part;
      if (shown !== "") chunks.at(-1)?.push({ ...token, text: shown });
      if (isEnd && chunks.length < ends.length) chunks.push([]);
    }
  }
  return chunks;
}
