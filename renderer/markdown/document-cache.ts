import type { DocumentView, MarkdownDocument } from "./document.ts";

/** How far an answer is read. */
export interface Reading {
  readonly document: MarkdownDocument;
  /** What was read, and whether more of it was to come. */
  readonly text: string;
  readonly final: boolean;
  readonly view: DocumentView;
}

/** Shorter texts are parsed faster than they are worth remembering. */
const minChars = 1_024;
/** A parsed text takes some twenty times its length. */
const maxTotalChars = 256 * 1_024;

/**
 * Parsed documents of answers that left the list: no other answer may read on with the same document. Keeps the latest
 * ones, and the very last however long it is: else a long answer might never be read to its end.
 */
export function createDocumentCache() {
  let readings: readonly Reading[] = [];
  const remove = (document: MarkdownDocument): void => {
    readings = readings.filter((reading) => reading.document !== document);
  };
  return {
    /** Forgets a document that is in use again. */
    remove,
    /** Takes out what was read of `text` or of its beginning. */
    take(text: string): Reading | undefined {
      const found = readings.find((reading) =>
        reading.final ? reading.text === text : text.startsWith(reading.text),
      );
      if (found !== undefined) remove(found.document);
      return found;
    },
    put(reading: Reading): void {
      remove(reading.document);
      if (reading.text.length < minChars) return;
      readings = latest([reading, ...readings]);
    },
  };
}

function latest(readings: readonly Reading[]): readonly Reading[] {
  let totalChars = 0;
  return readings.filter(({ text }, index) => {
    totalChars += text.length;
    return index === 0 || totalChars <= maxTotalChars;
  });
}
