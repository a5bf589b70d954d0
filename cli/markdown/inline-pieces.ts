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
 * A link that the terminal opens at one click, where nobody can be misled: its text is its address, so that the user has
 * seen what it takes along. Otherwise the address stands behind the text, and in Punycode if its host has letters of other
 * scripts, which can look like another one.
 */
function linkPieces(pieces: readonly Piece[], address: string): readonly Piece[] {
  const text = pieces.map((part) => part.text).join("");
  const url = externalLink(address);
  const shown = url !== undefined && /(?:^|\.)xn--/u.test(url.host) ? url.href : address;
  if (text === shown || url?.href === text || `mailto:${text}` === shown)
    return url === undefined ? pieces : pieces.map((part) => ({ ...part, link: url.href }));
  return shown === "" ? pieces : [...pieces, piece(` (${shown})`, ["dim"])];
}
