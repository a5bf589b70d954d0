import { IMAGE_MAX_SIDE_PX, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import { headerBytes, nameOfOtherType, readPictureHeader, type PictureType } from "./image-header.ts";

/** Heaviest file that is opened at all (64 MiB). */
export const fileMaxBytes = 64 * 1024 * 1024;
/** Most pixels that are decoded: four bytes each, and a small file can hold very many. */
const pixelsMax = 200_000_000;

/** Why a file did not become a picture of a message. */
export type PictureRefusal =
  | { readonly kind: "too-heavy"; readonly sizeBytes: number }
  | { readonly kind: "too-many-pixels"; readonly widthPx: number; readonly heightPx: number }
  | { readonly kind: "wrong-type"; readonly type: string | undefined }
  | { readonly kind: "unreadable" };

export type Prepared =
  | { readonly ok: true; readonly image: ScreenImage }
  | { readonly ok: false; readonly refusal: PictureRefusal };

/** Decodes and, where needed, scales and encodes anew; rejects for a file that cannot be decoded. */
export type ScaleImage = (file: Blob, type: PictureType, signal: AbortSignal) => Promise<ScreenImage>;

/**
 * Makes any file into what a message can carry: JPEG, PNG or WebP, its longest side at most IMAGE_MAX_SIDE_PX and
 * SCREENSHOT_MAX_BYTES heavy. Throws only the signal's reason.
 */
export async function prepareImage(file: Blob, scale: ScaleImage, signal: AbortSignal): Promise<Prepared> {
  if (file.size > fileMaxBytes) return refuse({ kind: "too-heavy", sizeBytes: file.size });
  // A folder is a file too that cannot be read, and so is one that has been moved since.
  const buffer = await file
    .slice(0, headerBytes)
    .arrayBuffer()
    .catch(() => undefined);
  signal.throwIfAborted();
  if (buffer === undefined) return refuse({ kind: "unreadable" });
  const start = new Uint8Array(buffer);
  const header = readPictureHeader(start);
  if (header === undefined) return refuse({ kind: "wrong-type", type: nameOfOtherType(start) });
  if (header.size !== undefined && header.size.widthPx * header.size.heightPx > pixelsMax) {
    return refuse({ kind: "too-many-pixels", ...header.size });
  }
  try {
    return { ok: true, image: await scale(file, header.type, signal) };
  } catch {
    signal.throwIfAborted();
    return refuse({ kind: "unreadable" });
  }
}

function refuse(refusal: PictureRefusal): Prepared {
  return { ok: false, refusal };
}

/** Whether a picture may go as it is, without being encoded again. */
export function mayPass(sizeBytes: number, widthPx: number, heightPx: number): boolean {
  return sizeBytes <= SCREENSHOT_MAX_BYTES && Math.max(widthPx, heightPx) <= IMAGE_MAX_SIDE_PX;
}
