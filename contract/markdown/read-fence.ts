import { detached } from "./detached.ts";
import { parseMarkdown, type BlockNode } from "./parse-markdown.ts";

/** Fenced code at the top of an answer, which is read without the parser: it may be long, and grows with each token. */
export interface Fence {
  /** The code so far, as a copy. */
  readonly node: () => BlockNode;
  /** Behind the line that closes it; absent while more may come. */
  readonly end?: number;
  /** The closing line is there, though it may still turn out to be longer. */
  readonly closed: boolean;
  /** From where to search next time. */
  readonly scannedTo: number;
}

const openingLine = /( {0,3})(`{3,}(?=[^`\n]*\n)|~{3,})([^\n]*)\n/y;

/** The fence whose opening line begins at `at`. `scannedTo`: no closing line begins before. */
export function readFence(text: string, at: number, scannedTo: number): Fence | undefined {
  openingLine.lastIndex = at;
  const opening = openingLine.exec(text);
  if (opening === null) return undefined;
  const [line, indent = "", marker = "", info = ""] = opening;
  const contentStart = at + line.length;
  const closing = new RegExp(`^ {0,3}${marker[0] ?? ""}{${marker.length},}[ \\t]*$`, "gm");
  closing.lastIndex = Math.max(contentStart, scannedTo);
  const found = closing.exec(text);
  const contentEnd = found?.index ?? text.length;
  const node = (): BlockNode => {
    const raw = detached(text.slice(contentStart, contentEnd)).replace(/\n$/, "");
    const value = indent === "" ? raw : raw.replace(new RegExp(`^ {1,${indent.length}}`, "gm"), "");
    return { type: "code", ...readInfo(marker, info), value };
  };
  if (found === null) return { node, closed: false, scannedTo: text.lastIndexOf("\n") + 1 };
  const end = contentEnd + found[0].length;
  return text[end] === "\n"
    ? { node, closed: true, end: end + 1, scannedTo: end }
    : { node, closed: true, scannedTo: contentEnd };
}

/** Language and the rest of the info string, with escapes and entities resolved by the parser. */
function readInfo(
  marker: string,
  info: string,
): { readonly lang: string | null; readonly meta: string | null } {
  if (/^[\w+#-]*$/.test(info)) return { lang: info === "" ? null : info, meta: null };
  const [node] = parseMarkdown(`${marker}${info.slice(0, 1_000)}\n${marker}`);
  return node?.type === "code"
    ? { lang: node.lang ?? null, meta: node.meta ?? null }
    : { lang: null, meta: null };
}
