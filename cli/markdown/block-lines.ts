import type { Block } from "#contract/markdown/read-blocks.ts";
import type { BlockNode } from "#contract/markdown/parse-markdown.ts";
import { inlinePieces } from "./inline-pieces.ts";
import { piece, wrap, type Line, type Piece } from "./line.ts";
import { tableLines } from "./table-lines.ts";
import { widthOf } from "./text-width.ts";

/** Longer lines of prose are hard to read. */
const PROSE_MAX_COLUMNS = 100;
const MIN_COLUMNS = 8;

/** A block of an answer as lines of at most `columns`; only code may be longer, so that it can be copied. */
export function blockLines({ node, continued }: Block, columns: number): readonly Line[] {
  return linesOf(node, columns, continued === true);
}

function linesOf(node: BlockNode, columns: number, continued = false): readonly Line[] {
  const prose = Math.max(MIN_COLUMNS, Math.min(columns, PROSE_MAX_COLUMNS));
  switch (node.type) {
    case "paragraph":
      return wrap(inlinePieces(node.children), prose);
    case "heading":
      return wrap(inlinePieces(node.children, node.depth === 1 ? ["bold", "underline"] : ["bold"]), prose);
    case "blockquote":
      return indented(linesOfAll(node.children, prose - 2, true), piece("│ ", ["dim"]));
    case "list":
      return node.children.flatMap((item, index) => {
        const bullet = node.ordered === true ? `${(node.start ?? 1) + index}. ` : "• ";
        const box = typeof item.checked === "boolean" ? (item.checked ? "☑ " : "☐ ") : bullet;
        const lines = linesOfAll(item.children, prose - widthOf(box), item.spread === true);
        const gap = node.spread === true && index > 0 ? [[]] : [];
        return [...gap, ...indented(lines, piece(" ".repeat(widthOf(box))), piece(box))];
      });
    case "code":
      return [
        ...(node.lang ? [[piece(`  ${node.lang}`, ["dim"])]] : []),
        ...sourceLines(node.value.replaceAll("\t", "    ")),
      ];
    case "math":
      return sourceLines(node.value);
    case "table":
      return tableLines(node, columns, continued);
    case "thematicBreak":
      return [[piece("─".repeat(Math.min(prose, 40)), ["dim"])]];
    case "html":
      return wrap([piece(node.value)], prose);
    case "footnoteDefinition":
      return indented(
        linesOfAll(node.children, prose - 4, true),
        piece("    "),
        piece(`[${node.identifier}] `),
      );
    default:
      return [];
  }
}

function linesOfAll(nodes: readonly BlockNode[], columns: number, spread: boolean): readonly Line[] {
  return nodes.flatMap((node, index) => [...(index > 0 && spread ? [[]] : []), ...linesOf(node, columns)]);
}

function indented(lines: readonly Line[], indent: Piece, first = indent): readonly Line[] {
  return (lines.length === 0 ? [[]] : lines).map((line, index) => [index === 0 ? first : indent, ...line]);
}

function sourceLines(source: string): readonly Line[] {
  return source.split("\n").map((line) => [piece("  "), piece(line, ["cyan"])]);
}
