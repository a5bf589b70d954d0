import type { Clipboard, ClipboardItem } from "electron";

/** What is kept of a clipboard; other kinds cannot be read and written again on all systems. */
const KINDS = ["text/plain", "text/html", "image/png"] as const;
/** What is larger is not kept: putting it back would cost more than copying it again. */
const KEPT_MAX_BYTES = 32 * 1024 * 1024;

type System = Pick<Clipboard, "read" | "readText" | "write" | "writeText">;

/** The clipboard, lent for a moment. */
export type KeptClipboard = ReturnType<typeof createKeptClipboard>;

export function createKeptClipboard(clipboard: System, Item: typeof ClipboardItem) {
  return {
    /** What it holds, as far as it can be read and is no larger than KEPT_MAX_BYTES. */
    async take(): Promise<{ putBack(): Promise<void> }> {
      const kept = await readKinds(await clipboard.read().catch(() => []));
      return {
        async putBack() {
          if (Object.keys(kept).length > 0) await clipboard.write([new Item(kept)]);
        },
      };
    },
    put: (text: string): Promise<void> => clipboard.writeText(text),
    holds: async (text: string): Promise<boolean> => (await clipboard.readText()) === text,
  };
}

async function readKinds(items: readonly ClipboardItem[]): Promise<Record<string, Blob>> {
  const kept: Record<string, Blob> = {};
  let left = KEPT_MAX_BYTES;
  for (const item of items) {
    for (const kind of KINDS) {
      if (!item.types.includes(kind) || kind in kept) continue;
      const blob = await item.getType(kind).catch(() => undefined);
      if (blob === undefined || blob.size > left) continue;
      left -= blob.size;
      kept[kind] = blob;
    }
  }
  return kept;
}
