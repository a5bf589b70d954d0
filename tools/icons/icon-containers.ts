/** A square PNG. */
export interface IconImage {
  readonly sizePx: number;
  readonly png: Uint8Array;
}

const ICO_HEADER_BYTES = 6;
const ICO_ENTRY_BYTES = 16;
const ICO_TYPE_ICON = 1;
const ICO_MAX_PX = 256;
const ICNS_HEADER_BYTES = 8;

/**
 * Types of an icns entry by pixel size. Sizes below 32 would need Apple's own run-length code: macOS scales the next
 * one down. 256 and 512 stand there twice, as the plain picture and as the double one of the size below.
 */
const icnsTypes: Readonly<Record<number, readonly string[]>> = {
  32: ["ic11"],
  64: ["ic12"],
  128: ["ic07"],
  256: ["ic13", "ic08"],
  512: ["ic14", "ic09"],
  1024: ["ic10"],
};

/** Pixel sizes that {@link writeIcns} takes. */
export const icnsSizesPx: readonly number[] = Object.keys(icnsTypes).map(Number);

/** Windows' icon file: a directory, then the PNGs as they are (Windows Vista and later). At most 256 px. */
export function writeIco(images: readonly IconImage[]): Buffer {
  const header = Buffer.alloc(ICO_HEADER_BYTES + ICO_ENTRY_BYTES * images.length);
  header.writeUInt16LE(ICO_TYPE_ICON, 2);
  header.writeUInt16LE(images.length, 4);
  let offset = header.length;
  for (const [index, { sizePx, png }] of images.entries()) {
    if (sizePx > ICO_MAX_PX) throw new RangeError(`An ico holds at most ${ICO_MAX_PX} px, not ${sizePx}.`);
    const at = ICO_HEADER_BYTES + ICO_ENTRY_BYTES * index;
    // One byte each; 0 stands for 256.
    header.writeUInt8(sizePx % ICO_MAX_PX, at);
    header.writeUInt8(sizePx % ICO_MAX_PX, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(png.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([header, ...images.map(({ png }) => png)]);
}

/** Apple's icon file: a magic word, its length, and one typed block per picture. */
export function writeIcns(images: readonly IconImage[]): Buffer {
  const blocks = images.flatMap(({ sizePx, png }) => {
    const types = icnsTypes[sizePx];
    if (types === undefined) throw new RangeError(`An icns holds no PNG of ${sizePx} px.`);
    return types.map((type) => icnsBlock(type, png));
  });
  return icnsBlock("icns", Buffer.concat(blocks));
}

function icnsBlock(type: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(ICNS_HEADER_BYTES);
  header.write(type, 0, "latin1");
  header.writeUInt32BE(ICNS_HEADER_BYTES + content.length, 4);
  return Buffer.concat([header, content]);
}
