import type { ScreenImage } from "#contract/screen-image.ts";

/** What the first bytes of a file say that it is. */
export type PictureType = "jpeg" | "png" | "webp";

type Size = Pick<ScreenImage, "widthPx" | "heightPx">;

export interface PictureHeader {
  readonly type: PictureType;
  /** Absent where the header does not hold them (some WebP, JPEG with a large preamble). */
  readonly size: Size | undefined;
}

/** Enough of a file for {@link readPictureHeader}; a JPEG may carry a thumbnail and a colour profile before its size. */
export const headerBytes = 256 * 1024;

/** Recognises a picture by its bytes, whatever its name says. */
export function readPictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return { type: "png", size: pngSize(view) };
  if (ascii(bytes, 0, 3) === "\xff\xd8\xff") return { type: "jpeg", size: jpegSize(view) };
  const isWebp = ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 4) === "WEBP";
  return isWebp ? { type: "webp", size: webpSize(bytes, view) } : undefined;
}

/** A name for what a refused file is ("GIF"), when its bytes tell. */
export function nameOfOtherType(bytes: Uint8Array): string | undefined {
  const box = ascii(bytes, 4, 4) === "ftyp" ? ascii(bytes, 8, 4) : "";
  if (box.startsWith("avif") || box.startsWith("avis")) return "AVIF";
  if (["heic", "heix", "mif1", "msf1", "hevc"].includes(box)) return "HEIC";
  if (box !== "") return "MP4";
  const known: readonly (readonly [string, string])[] = [
    ["GIF8", "GIF"],
    ["BM", "BMP"],
    ["II*\0", "TIFF"],
    ["MM\0*", "TIFF"],
    ["%PDF", "PDF"],
    ["PK", "ZIP"],
    ["<svg", "SVG"],
    ["<?xml", "SVG"],
  ];
  return known.find(([magic]) => ascii(bytes, 0, magic.length) === magic)?.[1];
}

function pngSize(view: DataView): Size | undefined {
  return view.byteLength < 24 ? undefined : { widthPx: view.getUint32(16), heightPx: view.getUint32(20) };
}

/** Walks the segments up to the first start-of-frame (ITU T.81, B.2.2). */
function jpegSize(view: DataView): Size | undefined {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { heightPx: view.getUint16(at + 5), widthPx: view.getUint16(at + 7) };
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** RFC 9649: the extended header, or one of the two codecs'. */
function webpSize(bytes: Uint8Array, view: DataView): Size | undefined {
  if (view.byteLength < 30) return undefined;
  switch (ascii(bytes, 12, 4)) {
    case "VP8X":
      return { widthPx: uint24(view, 24) + 1, heightPx: uint24(view, 27) + 1 };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { widthPx: (bits & 0x3fff) + 1, heightPx: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ":
      return { widthPx: view.getUint16(26, true) & 0x3fff, heightPx: view.getUint16(28, true) & 0x3fff };
    default:
      return undefined;
  }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
