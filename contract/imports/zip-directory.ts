// What is needed to find the files of a ZIP archive (APPNOTE.TXT 6.3.10; sections in the comments).

const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;
const END_BYTES = 22;
const COMMENT_MAX_BYTES = 0xffff;
const HEADER_BYTES = 46;

export const STORED = 0;
export const DEFLATED = 8;

/** Where the packed bytes of a file stand. */
export interface ZipEntry {
  readonly name: string;
  readonly method: typeof STORED | typeof DEFLATED;
  readonly at: number;
  readonly packedBytes: number;
}

/**
 * The central directory (4.3.12), as far as it can be believed.
 *
 * @param size of the archive
 * @param read so many bytes from a place, as many as there are
 * @throws Error for what is no whole archive, RangeError for places outside of it
 */
export function* zipEntries(
  size: number,
  read: (at: number, bytes: number) => DataView,
): Generator<ZipEntry> {
  const end = endOf(size, read);
  let at = end.getUint32(16, true);
  for (let left = end.getUint16(10, true); left > 0; left -= 1) {
    const header = read(at, HEADER_BYTES);
    if (header.getUint32(0, true) !== CENTRAL) throw new Error("no directory");
    const nameBytes = header.getUint16(28, true);
    const name = new TextDecoder().decode(read(at + HEADER_BYTES, nameBytes));
    const local = header.getUint32(42, true);
    const localHeader = read(local, 30);
    if (localHeader.getUint32(0, true) !== LOCAL) throw new Error("no file header");
    const method = header.getUint16(10, true);
    if (method !== STORED && method !== DEFLATED) throw new Error("another way of packing");
    // The local header has an extra field of its own (4.3.7).
    const data = local + 30 + localHeader.getUint16(26, true) + localHeader.getUint16(28, true);
    yield { name, method, at: data, packedBytes: header.getUint32(20, true) };
    at += HEADER_BYTES + nameBytes + header.getUint16(30, true) + header.getUint16(32, true);
  }
}

/** The end of the central directory (4.3.16): a comment may follow. */
function endOf(size: number, read: (at: number, bytes: number) => DataView): DataView {
  const from = Math.max(0, size - END_BYTES - COMMENT_MAX_BYTES);
  const tail = read(from, size - from);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) === END) {
      return new DataView(tail.buffer, tail.byteOffset + at, END_BYTES);
    }
  }
  throw new Error("no end of a directory");
}
