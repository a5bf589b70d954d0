import type { DocumentView, MarkdownDocument } from "./seal-blocks.ts";

interface Entry {
  readonly document: MarkdownDocument;
  readonly view: DocumentView;
}

export interface DocumentCache {
  get(text: string, streaming: boolean): Entry | undefined;
  set(text: string, entry: Entry): void;
}

/** Shorter texts are parsed faster than they are worth remembering. */
const minChars = 1_024;
/** A parsed text takes some fifty times its length. */
const maxTotalChars = 256 * 1_024;

/** The finished answers that were shown last. */
export function createDocumentCache(): DocumentCache {
  const entries = new Map<string, Entry>();
  let totalChars = 0;
  return {
    get(text, streaming) {
      const entry = streaming ? undefined : entries.get(text);
      if (entry !== undefined) {
        entries.delete(text);
        entries.set(text, entry);
      }
      return entry;
    },
    set(text, entry) {
      if (text.length < minChars || text.length > maxTotalChars || entries.has(text)) return;
      entries.set(text, entry);
      totalChars += text.length;
      for (const oldest of entries.keys()) {
        if (totalChars <= maxTotalChars) return;
        entries.delete(oldest);
        totalChars -= oldest.length;
      }
    },
  };
}
