import { externalLink } from "#contract/external-link.ts";
import type { BlockNode } from "#contract/markdown/parse-markdown.ts";
import { piece, type Piece } from "./line.ts";

type Paragraph = Extract<BlockNode, { type: "paragraph" }>;
type InlineNode = Paragraph["children"][number];
type Styles = Piece["styles"];

/** What stands in a line, in the looks that a terminal has. */
export function inlinePieces(nodes: readonly InlineNode[], styles: Styles = []): readonly Piece[] {
  return nodes.flatMap((node) => piecesOf(node, styles));
}

function piecesOf(node: InlineNode, styles: Styles): readonly Piece[] {
  switch (node.type) {
    case "text":
      return [piece(node.value.replaceAll("\n", " "), styles)];
    case "emphasis":
      return inlinePieces(node.children, [...styles, "italic"]);
    case "strong":
      return inlinePieces(node.children, [...styles, "bold"]);
    case "delete":
      return inlinePieces(node.children, [...styles, "strikethrough"]);
    case "inlineCode":
    case "inlineMath":
      return [piece(node.value, [...styles, "cyan"])];
    case "break":
      return [piece("\n", styles)];
    case "link":
      return linkPieces(inlinePieces(node.children, [...styles, "underline"]), node.url);
    case "image":
      return linkPieces([piece(node.alt || "image", styles)], node.url);
    case "footnoteReference":
      return [piece(`[${node.identifier}]`, [...styles, "dim"])];
    case "html":
      return [piece(node.value, styles)];
    case "linkReference":
      return inlinePieces(node.children, styles);
    case "imageReference":
      return [piece(node.alt ?? "", styles)];
  }
}

/**
 * A link that the terminal opens, where nobody can be misled: its address is its text, or has no query to carry what
 * was said and is no other address than the one in the text. Otherwise the address stands behind the text.
 */
function linkPieces(pieces: readonly Piece[], address: string): readonly Piece[] {
  const text = pieces.map((part) => part.text).join("");
  const url = externalLink(address);
  const isShown = text === address || url?.href === text || `mailto:${text}` === address;
  const isQuiet = url !== undefined && url.search === "" && !/\S[./:@]\S/.test(text);
  if (url !== undefined && (isShown || isQuiet)) return pieces.map((part) => ({ ...part, link: url.href }));
  if (isShown || address === "") return pieces;
  return [...pieces, piece(` (${address})`, ["dim"])];
}
