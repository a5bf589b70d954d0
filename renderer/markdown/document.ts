import {
  advance,
  createBlockReader,
  endOf,
  type Block,
  type SealedBlock,
} from "#contract/markdown/read-blocks.ts";
import { parseMarkdown } from "#contract/markdown/parse-markdown.ts";

/** What is to be shown now. */
export interface DocumentView {
  /** Sealed blocks, `groupSize` in each; a group never changes but for references that were defined after it. */
  readonly groups: readonly (readonly Block[])[];
  /** The blocks after the last full group: sealed ones first, then those that may still change. */
  readonly rest: readonly Block[];
  /** Nothing is left to do until the text changes. */
  readonly settled: boolean;
}

export type MarkdownDocument = ReturnType<typeof createMarkdownDocument>;

const groupSize = 24;

/**
 * A growing text as blocks; the splitting is a pure function of the text, however it came in pieces.
 * @param parseBlocks what reads a stretch of the text; a test counts there what is read.
 */
export function createMarkdownDocument(parseBlocks = parseMarkdown) {
  let reading = startReading(parseBlocks);
  return {
    /**
     * Takes the text so far. Reads on from where it stopped until `shouldStop` says true (asked between steps of at
     * most `windowChars`), so a long text takes several calls with the same arguments. Text that does not continue the
     * last one starts anew. `final`: no more will come; the result is that of parsing the whole at once.
     */
    update(rawText: string, final: boolean, shouldStop = () => false): DocumentView {
      const next = rawText.includes("\r") ? rawText.replace(/\r\n?/g, "\n") : rawText;
      const before = reading.reader.text;
      if (reading.isFinal ? next !== before : !next.startsWith(before)) reading = startReading(parseBlocks);
      const { reader, sealed, groups } = reading;
      reader.text = next;
      reading.isFinal ||= final;
      const step = (): boolean => advance(reader, final) || (final && resolveNext(reading));
      let more = step();
      while (more && !shouldStop()) more = step();
      const rest = [...sealed.slice(groups.length * groupSize), ...reader.live()];
      return { groups: groups.slice(), rest, settled: !more };
    },
  };
}

type Reading = ReturnType<typeof startReading>;

function startReading(parseBlocks: typeof parseMarkdown) {
  const sealed: SealedBlock[] = [];
  const groups: (readonly Block[])[] = [];
  const reader = createBlockReader((block) => {
    sealed.push(block);
    if (sealed.length % groupSize === 0) groups.push(sealed.slice(-groupSize));
  }, parseBlocks);
  return {
    reader,
    sealed,
    groups,
    /** The end of the text was sealed as the end. */
    isFinal: false,
    /** Sealed blocks before this one know all definitions. */
    resolved: 0,
  };
}

/** Reads one block again that may use a later definition. False when no such block is left. */
function resolveNext(reading: Reading): boolean {
  const { sealed, groups } = reading;
  const { definitions, parseBlocks } = reading.reader;
  while (reading.resolved < sealed.length) {
    const index = reading.resolved;
    reading.resolved += 1;
    const block = sealed[index];
    if (block === undefined || block.definitionsSeen === definitions.count()) continue;
    if (block.node.type === "code" || block.node.type === "definition" || !block.source.includes("["))
      continue;
    const before = definitions.source();
    const nodes = parseBlocks(before + block.source).filter((node) => endOf(node) > before.length);
    const node = nodes[0];
    if (node === undefined || nodes.length !== 1) continue;
    sealed[index] = { ...block, node, definitionsSeen: definitions.count() };
    const group = Math.floor(index / groupSize);
    if (group < groups.length) groups[group] = sealed.slice(group * groupSize, (group + 1) * groupSize);
    return true;
  }
  return false;
}
