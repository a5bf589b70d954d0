import type { BlockNode } from "./parse-markdown.ts";

/** Link definitions and footnotes of an answer, which blocks after them (and, at the end, before them) refer to. */
export type Definitions = ReturnType<typeof createDefinitions>;

/** More would make every later block expensive to parse. */
const maxChars = 4_096;
/** Definitions may stand in quotations and lists, but hardly deeper. */
const maxDepth = 20;

export function createDefinitions() {
  const names = new Set<string>();
  let notes = "";
  let links = "";

  function add(name: string, line: string): boolean {
    if (names.has(name) || notes.length + links.length + line.length > maxChars) return false;
    names.add(name);
    return true;
  }

  function collect(node: BlockNode, depth: number): void {
    if (node.type === "definition") {
      const title = typeof node.title === "string" ? ` "${escape(node.title)}"` : "";
      const line = `[${node.identifier}]: <${escape(node.url)}>${title}\n`;
      if (add(node.identifier, line)) links += line;
    } else if (node.type === "footnoteDefinition") {
      const line = `[^${node.identifier}]: .\n\n`;
      if (add(`^${node.identifier}`, line)) notes += line;
    }
    const isContainer =
      node.type === "blockquote" ||
      node.type === "list" ||
      node.type === "listItem" ||
      node.type === "footnoteDefinition";
    if (isContainer && depth < maxDepth) for (const child of node.children) collect(child, depth + 1);
  }

  return {
    /** Takes over the definitions in a sealed block. The first of a name wins, as CommonMark says. */
    collect: (node: BlockNode) => collect(node, 0),
    count: () => names.size,
    /** Markdown to put before a block, so that its references are known. */
    // A footnote would take an indented block that follows it for its own; a link definition does not.
    source: () => (names.size === 0 ? "" : `${notes}${links || "[ ]: .\n"}\n`),
  };
}

function escape(text: string): string {
  return text.replace(/[\\<>&"]/g, "\\$&");
}
