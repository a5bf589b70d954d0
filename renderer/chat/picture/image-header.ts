/** What the first bytes of a file say that it is. */
export type PictureType = "jpeg" | "png" | "webp";

export interface PictureHeader {
  readonly type: PictureType;
  /** Absent where the header does not hold them (some WebP, JPEG with a large preamble). */
  readonly size?: { readonly widthPx: number; readonly heightPx: number };
}

/** Enough of a file for {@link readPictureHeader}; a JPEG may carry a thumbnail and a colour profile before its size. */
export const headerBytes = 256 * 1024;

/** Recognises a picture by its bytes, whatever its name says. */
export function readPictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    return withSize("png", pngSize(view));
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return withSize("jpeg", jpegSize(view));
  if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 4) === "WEBP")
    return withSize("webp", webpSize(bytes, view));
  return undefined;
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

type Size = PictureHeader["size"];

function withSize(type: PictureType, size: Size): PictureHeader {
  return size === undefined ? { type } : { type, size };
}

function pngSize(view: DataView): Size {
  return view.byteLength < 24 ? undefined : { widthPx: view.getUint32(16), heightPx: view.getUint32(20) };
}

/** Walks the segments up to the first start-of-frame (ITU T.81, B.2.2). */
function jpegSize(view: DataView): Size {
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
function webpSize(bytes: Uint8Array, view: DataView): Size {
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

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
