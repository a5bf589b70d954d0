import { completeTail } from "./complete-tail.ts";
import { detached } from "./detached.ts";
import { createDefinitions, type Definitions } from "./definitions.ts";
import { readFence } from "./read-fence.ts";
import { parseMarkdown, type BlockNode } from "./parse-markdown.ts";
import { readWindow, stepChars, type TextWindow } from "./read-window.ts";

/** A block at the top of an answer. Its identity changes exactly when it must be rendered again. */
export interface Block {
  /** Offset of its first line: stays the same when the block is sealed. */
  readonly key: number;
  readonly node: BlockNode;
  /** The block may still grow. */
  readonly open?: boolean;
  /** The block before it was too long and was cut here; a table's head row is repeated and must not be shown. */
  readonly continued?: boolean;
}

/** A block that nothing that follows can change, but for references that are defined after it. */
export interface SealedBlock extends Block {
  readonly source: string;
  /** How many definitions were known when it was parsed. */
  readonly definitionsSeen: number;
}

const blankLines = /(?:[ \t]*\n)+/y;

/** Where reading a growing text stands. Whoever reads lets `text` grow and calls {@link advance} until it says false. */
export interface BlockReader {
  readonly parseBlocks: typeof parseMarkdown;
  /** Takes each block as it is sealed, in order. */
  readonly onSealed: (block: SealedBlock) => void;
  /** The text so far, with line feeds only. */
  text: string;
  readonly definitions: Definitions;
  /** Where the part begins that is not sealed. */
  at: number;
  /** Up to where an open fence at `at` was searched for its end; `at` if there is none. */
  fenceScanned: number;
  /** Head rows of a table that was cut at `at`. */
  tableHead: string;
  /** The blocks behind `at`, as of the last step. */
  live: () => readonly Block[];
}

interface Parsed {
  readonly nodes: readonly BlockNode[];
  /** Offset of the first line of each node in the whole text. */
  readonly starts: readonly number[];
}

/** A reader at the beginning of an empty text. */
export function createBlockReader(
  onSealed: BlockReader["onSealed"],
  parseBlocks = parseMarkdown,
): BlockReader {
  return {
    parseBlocks,
    onSealed,
    text: "",
    definitions: createDefinitions(),
    at: 0,
    fenceScanned: 0,
    tableHead: "",
    live: noBlocks,
  };
}

function noBlocks(): readonly Block[] {
  return [];
}

/**
 * Lets go of the text that is sealed, and of what stands in an open fence: for a reader that neither shows the blocks
 * nor needs their offsets.
 */
export function forgetRead(reader: BlockReader): void {
  const { text, at, fenceScanned } = reader;
  const bodyAt = fenceScanned > at ? text.indexOf("\n", at) + 1 : at;
  reader.text = text.slice(at, bodyAt) + text.slice(Math.max(bodyAt, fenceScanned));
  reader.at = 0;
  reader.fenceScanned = bodyAt - at;
}

/** One step, which parses a window at most; false when nothing more can be sealed now. `final`: no more will come. */
export function advance(reader: BlockReader, final: boolean): boolean {
  const { text } = reader;
  reader.live = noBlocks;
  blankLines.lastIndex = reader.at;
  if (blankLines.test(text)) moveTo(reader, blankLines.lastIndex);
  if (reader.at >= text.length) return false;
  const fence = readFence(text, reader.at, reader.fenceScanned);
  if (fence === undefined) return advanceProse(reader, final);
  if (fence.end === undefined && !final) {
    reader.fenceScanned = fence.scannedTo;
    const key = reader.at;
    reader.live = () => [{ key, node: fence.node(), open: !fence.closed }];
    return false;
  }
  const end = fence.end ?? text.length;
  seal(reader, fence.node(), reader.at, end);
  moveTo(reader, end);
  return true;
}

/** A short step where that seals something, a whole window otherwise: what is sealed is the same. */
function advanceProse(reader: BlockReader, final: boolean): boolean {
  const step = readWindow(reader.text, reader.at, stepChars);
  if (step.isCut && !step.isDeep) {
    const parsed = parse(reader, step.source, step.source);
    const open = firstOpen(reader, parsed, true);
    // Two definitions that touch are cut by a whole window only.
    if (open > 0 && !touchesNext(reader, parsed, open))
      return sealUpTo(reader, parsed, open, reader.at + step.source.length);
  }
  const window = readWindow(reader.text, reader.at);
  return window.isDeep ? advancePlain(reader, final, window) : advanceWindow(reader, final, window);
}

/** A line that is too deep is shown as it is. */
function advancePlain(reader: BlockReader, final: boolean, { source, isCut }: TextWindow): boolean {
  const node: BlockNode = { type: "paragraph", children: [{ type: "text", value: source.trim() }] };
  if (!isCut && !final) {
    const key = reader.at;
    reader.live = () => [{ key, node, open: true }];
    return false;
  }
  seal(reader, node, reader.at, reader.at + source.length);
  moveTo(reader, reader.at + source.length);
  return true;
}

function advanceWindow(reader: BlockReader, final: boolean, window: TextWindow): boolean {
  const { source, isCut } = window;
  const parsed = parse(reader, isCut || final ? source : completeTail(source), source);
  const end = reader.at + source.length;
  if (isCut && parsed.nodes.length <= 1) {
    cutBlock(reader, parsed, end);
    return true;
  }
  const open = final && !isCut ? parsed.nodes.length : firstOpen(reader, parsed, isCut);
  const hasSealed = sealUpTo(reader, parsed, open, end);
  // What is live was parsed as far as it can be, but long code is read in another way.
  return hasSealed && (isCut || parsed.nodes[open]?.type === "code");
}

/** Seals the nodes before `open` and moves behind them; the others are live. False when there are none to seal. */
function sealUpTo(reader: BlockReader, { nodes, starts }: Parsed, open: number, end: number): boolean {
  const isContinued = reader.tableHead !== "" && nodes[0]?.type === "table";
  const live: Block[] = [];
  for (const [index, node] of nodes.entries()) {
    const start = starts[index] ?? end;
    const continued = isContinued && index === 0;
    if (index < open) seal(reader, node, start, starts[index + 1] ?? end, continued);
    else live.push({ key: start, node, open: true, ...(continued ? { continued } : {}) });
  }
  reader.live = () => live;
  if (open > 0) moveTo(reader, starts[open] ?? end);
  return open > 0;
}

/** Parses what stands at `at`, with what is known from before it. `source` is the text as it was received. */
function parse(reader: BlockReader, completed: string, source: string): Parsed {
  const before = reader.definitions.source() + reader.tableHead;
  const nodes = reader.parseBlocks(before + completed).filter((node) => endOf(node) > before.length);
  const starts = nodes.map((node) => {
    const offset = Math.max(0, startOf(node) - before.length);
    return reader.at + (offset === 0 ? 0 : source.lastIndexOf("\n", offset - 1) + 1);
  });
  return { nodes, starts };
}

/** Index of the first block that may still change; 0 when none before it is certain. */
function firstOpen(reader: BlockReader, parsed: Parsed, isCut: boolean): number {
  const { nodes, starts } = parsed;
  const { text } = reader;
  for (let index = nodes.length - 1; index > 0; index -= 1) {
    const start = starts[index] ?? 0;
    // What a line begins is known when it is complete; of a table, when the line below the head is.
    const firstEnd = text.indexOf("\n", start);
    const secondEnd = nodes[index]?.type === "table" ? text.indexOf("\n", firstEnd + 1) : firstEnd;
    if (!isCut && (firstEnd < 0 || secondEnd < 0)) continue;
    if (!touchesNext(reader, parsed, index)) return index;
  }
  return isCut ? nodes.length - 1 : 0;
}

/** Whether a definition stands directly above the node at `index`: its title may stand in the lines after it. */
function touchesNext({ text, at }: BlockReader, { nodes, starts }: Parsed, index: number): boolean {
  return nodes[index - 1]?.type === "definition" && !/\n[ \t]*\n$/.test(text.slice(at, starts[index]));
}

/** One block fills the window: it is sealed with what fits, and what follows is read as if it began anew. */
function cutBlock(reader: BlockReader, { nodes, starts }: Parsed, end: number): void {
  const node = nodes[0];
  const start = starts[0] ?? reader.at;
  if (node === undefined) {
    moveTo(reader, end);
    return;
  }
  const lastItem = node.type === "list" && node.children.length > 1 ? node.children.at(-1) : undefined;
  if (node.type === "list" && lastItem !== undefined) {
    const offset = startOf(lastItem) - reader.definitions.source().length - reader.tableHead.length;
    const itemStart = reader.text.lastIndexOf("\n", reader.at + offset - 1) + 1;
    seal(reader, { ...node, children: node.children.slice(0, -1) }, start, itemStart);
    moveTo(reader, itemStart);
    return;
  }
  const isTable = node.type === "table";
  const head = isTable ? reader.tableHead || headOf(reader.text, start) : "";
  seal(reader, node, start, end, isTable && reader.tableHead !== "");
  moveTo(reader, end);
  reader.tableHead = head;
}

function seal(reader: BlockReader, node: BlockNode, start: number, end: number, continued = false): void {
  const { definitions } = reader;
  const source = (continued ? reader.tableHead : "") + detached(reader.text.slice(start, end));
  const definitionsSeen = definitions.count();
  definitions.collect(node);
  reader.onSealed({ key: start, node, source, definitionsSeen, ...(continued ? { continued } : {}) });
}

function moveTo(reader: BlockReader, offset: number): void {
  reader.at = offset;
  reader.fenceScanned = offset;
  reader.tableHead = "";
}

function startOf(node: BlockNode): number {
  return node.position?.start.offset ?? 0;
}
/** Where a node ends in the text that was parsed. */
export function endOf(node: BlockNode): number {
  return node.position?.end.offset ?? 0;
}

/** The head row and the delimiter row of the table at `start`. */
function headOf(text: string, start: number): string {
  const second = text.indexOf("\n", start) + 1;
  const end = text.indexOf("\n", second) + 1;
  return second > 0 && end > 0 ? text.slice(start, end) : "";
}
