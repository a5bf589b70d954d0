// What is needed to find the files of a ZIP archive (APPNOTE.TXT 6.3.10; sections in the comments).

const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const END_BYTES = 22;
const COMMENT_MAX_BYTES = 0xffff;
const HEADER_BYTES = 46;
const END64_BYTES = 56;
const LOCATOR64_BYTES = 20;
/** Stands for a number that has its place in ZIP64 (4.4.1.4). */
const IN_ZIP64 = 0xffffffff;

export const STORED = 0;
export const DEFLATED = 8;

/** A file of the archive needs a password. */
export class LockedZipError extends Error {}

/** Where the packed bytes of a file stand. */
export interface ZipEntry {
  readonly name: string;
  readonly method: typeof STORED | typeof DEFLATED;
  readonly at: number;
  readonly packedBytes: number;
}

/**
 * The wanted files of the central directory (4.3.12), as far as it can be believed.
 *
 * @param size of the archive
 * @param read so many bytes from a place, as many as there are
 * @throws Error for what is no whole archive, RangeError for places outside of it, LockedZipError
 */
export function* zipEntries(
  size: number,
  read: (at: number, bytes: number) => DataView,
  isWanted: (name: string) => boolean,
): Generator<ZipEntry> {
  let { at, entries } = endOf(size, read);
  for (; entries > 0; entries -= 1) {
    const header = read(at, HEADER_BYTES);
    if (header.getUint32(0, true) !== CENTRAL) throw new Error("no directory");
    const nameBytes = header.getUint16(28, true);
    const extraBytes = header.getUint16(30, true);
    const name = new TextDecoder().decode(read(at + HEADER_BYTES, nameBytes));
    if (isWanted(name)) {
      const extra = read(at + HEADER_BYTES + nameBytes, extraBytes);
      yield { name, ...dataOf(header, extra, read) };
    }
    at += HEADER_BYTES + nameBytes + extraBytes + header.getUint16(32, true);
  }
}

function dataOf(header: DataView, extra: DataView, read: (at: number, bytes: number) => DataView) {
  // Flags (4.4.4).
  if ((header.getUint16(8, true) & 1) === 1) throw new LockedZipError();
  const method = header.getUint16(10, true);
  if (method !== STORED && method !== DEFLATED) throw new Error("another way of packing");
  const { packedBytes, local } = placeOf(header, extra);
  const localHeader = read(local, 30);
  if (localHeader.getUint32(0, true) !== LOCAL) throw new Error("no file header");
  // The local header has an extra field of its own (4.3.7).
  const at = local + 30 + localHeader.getUint16(26, true) + localHeader.getUint16(28, true);
  return { method, at, packedBytes } as const;
}

/** Size and place of a file: some writers use ZIP64 (4.5.3) for small files too. */
function placeOf(header: DataView, extra: DataView): { packedBytes: number; local: number } {
  const [bytes, packedBytes, local] = [24, 20, 42].map((at) => header.getUint32(at, true));
  let at = 0;
  while (at + 4 <= extra.byteLength && extra.getUint16(at, true) !== 1)
    at += 4 + extra.getUint16(at + 2, true);
  at += 4;
  const wide = (number = 0): number => {
    if (number !== IN_ZIP64) return number;
    at += 8;
    return Number(extra.getBigUint64(at - 8, true));
  };
  wide(bytes);
  return { packedBytes: wide(packedBytes), local: wide(local) };
}

/** What the end of the central directory (4.3.16) says of its beginning: a comment may follow. */
function endOf(size: number, read: (at: number, bytes: number) => DataView): { at: number; entries: number } {
  const from = Math.max(0, size - END_BYTES - COMMENT_MAX_BYTES);
  const tail = read(from, size - from);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== END) continue;
    const locator = from + at - LOCATOR64_BYTES;
    const wide = locator < 0 ? undefined : end64Of(read(locator, LOCATOR64_BYTES), read);
    return wide ?? { at: tail.getUint32(at + 16, true), entries: tail.getUint16(at + 10, true) };
  }
  throw new Error("no end of a directory");
}

/** The same of ZIP64 (4.3.14, 4.3.15), where it has one. */
function end64Of(locator: DataView, read: (at: number, bytes: number) => DataView) {
  if (locator.getUint32(0, true) !== LOCATOR64) return undefined;
  const end = read(Number(locator.getBigUint64(8, true)), END64_BYTES);
  if (end.getUint32(0, true) !== END64) throw new Error("no end of a directory");
  return { at: Number(end.getBigUint64(48, true)), entries: Number(end.getBigUint64(32, true)) };
}
