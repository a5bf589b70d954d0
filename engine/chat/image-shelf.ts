import type { ScreenImage } from "#contract/screen-image.ts";

/** Pictures of recent messages, kept for retry, regenerate and thumbnails. */
export interface ImageShelf {
  put(messageId: string, image: ScreenImage): void;
  get(messageId: string): ScreenImage | undefined;
  drop(messageId: string): void;
}

/** Total size of the pictures kept, in bytes (32 MiB: four of the largest, dozens of usual ones). */
const IMAGE_SHELF_MAX_BYTES = 32 * 1024 * 1024;

/** Keeps pictures up to a total size; the oldest go first. The outbox keeps those of unsent messages anyway. */
export function createImageShelf(maxBytes: number = IMAGE_SHELF_MAX_BYTES): ImageShelf {
  const images = new Map<string, ScreenImage>();
  let totalBytes = 0;

  function drop(messageId: string): void {
    const image = images.get(messageId);
    if (image === undefined) return;
    images.delete(messageId);
    totalBytes -= image.bytes.byteLength;
  }

  return {
    put(messageId, image) {
      drop(messageId);
      images.set(messageId, image);
      totalBytes += image.bytes.byteLength;
      for (const oldest of images.keys()) {
        if (totalBytes <= maxBytes) break;
        drop(oldest);
      }
    },
    get: (messageId) => images.get(messageId),
    drop,
  };
}
