import { IMAGE_MAX_SIDE_PX } from "./limits.ts";

/** Of JPEG, of 100: what a message carries. */
export const SCREEN_JPEG_QUALITY = 85;
/** Of JPEG, of 100: a whole display, of which a part is then chosen. */
export const PREVIEW_JPEG_QUALITY = 90;

/** An encoded picture: JPEG, PNG or WebP, at most SCREENSHOT_MAX_BYTES. */
export interface ScreenImage {
  readonly bytes: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A window of another program, as it is shown to be chosen. */
export interface WindowPicture {
  readonly id: string;
  readonly title: string;
  /** JPEG, small. */
  readonly bytes: Uint8Array;
}

/** A picture, without itself. */
export interface SentImage {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly sizeBytes: number;
}

export function sizeOf({ bytes, widthPx, heightPx }: ScreenImage): SentImage {
  return { widthPx, heightPx, sizeBytes: bytes.byteLength };
}

/** The size of a picture as a message carries it: the same, or with its longest side at IMAGE_MAX_SIDE_PX. */
export function fittedSize(widthPx: number, heightPx: number): { widthPx: number; heightPx: number } {
  const factor = Math.min(1, IMAGE_MAX_SIDE_PX / Math.max(widthPx, heightPx, 1));
  return {
    widthPx: Math.max(1, Math.round(widthPx * factor)),
    heightPx: Math.max(1, Math.round(heightPx * factor)),
  };
}

/** Pictures never lie in shared memory, which only the compiler cannot know. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
