/** What recent messages came with, kept for retry, regenerate and thumbnails. */
interface Shelf<Item> {
  put(messageId: string, item: Item): void;
  get(messageId: string): Item | undefined;
  drop(messageId: string): void;
}

/** Total size of what is kept, in bytes (32 MiB: four of the largest pictures, dozens of usual ones). */
const SHELF_MAX_BYTES = 32 * 1024 * 1024;

/** Keeps items up to a total size; the oldest go first. The outbox keeps those of unsent messages anyway. */
export function createShelf<Item>(
  sizeBytes: (item: Item) => number,
  maxBytes: number = SHELF_MAX_BYTES,
): Shelf<Item> {
  const items = new Map<string, Item>();
  let totalBytes = 0;

  function drop(messageId: string): void {
    const item = items.get(messageId);
    if (item === undefined) return;
    items.delete(messageId);
    totalBytes -= sizeBytes(item);
  }

  return {
    put(messageId, item) {
      drop(messageId);
      items.set(messageId, item);
      totalBytes += sizeBytes(item);
      for (const oldest of items.keys()) {
        if (totalBytes <= maxBytes) break;
        drop(oldest);
      }
    },
    get: (messageId) => items.get(messageId),
    drop,
  };
}
