// The few things of a ZIP file that a document needs (APPNOTE.TXT 6.3.10; sections in the comments).
import { STORED, zipEntries } from "#contract/imports/zip-directory.ts";

/** Unpacked, the wanted parts are larger than allowed. */
export class TooLargeError extends Error {}

const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;

/**
 * The wanted files of an archive, unpacked. What sizes the archive claims does not count, only how much comes out.
 *
 * @param maxBytes of all of them together; more is a {@link TooLargeError}
 * @throws Error for what is no whole archive
 */
export async function readZip(
  bytes: Uint8Array<ArrayBuffer>,
  isWanted: (name: string) => boolean,
  maxBytes: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = (at: number, length: number): DataView =>
    new DataView(bytes.buffer, bytes.byteOffset + at, Math.min(length, bytes.byteLength - at));
  const files = new Map<string, Uint8Array>();
  let room = maxBytes;
  for (const { name, method, at, packedBytes } of zipEntries(bytes.byteLength, read, isWanted)) {
    if (files.has(name)) continue;
    const packed = bytes.subarray(at, at + packedBytes);
    const file = method === STORED ? bounded(packed, room) : await inflate(packed, room);
    room -= file.byteLength;
    files.set(name, file);
  }
  return files;
}

function bounded(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.byteLength > maxBytes) throw new TooLargeError();
  return bytes;
}

async function inflate(packed: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.byteLength;
      if (size > maxBytes) throw new TooLargeError();
      chunks.push(next.value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
  const file = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.byteLength;
  }
  return file;
}

/** An archive in which nothing is packed. */
export function writeZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBufferLike>[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, file] of files) {
    const nameBytes = new TextEncoder().encode(name);
    const sizes = [crc32(file), file.byteLength, file.byteLength];
    // Version 2.0, names in UTF-8 (4.4.4, bit 11), stored, no time.
    const common = [20, 0x0800, STORED, 0, 0];
    parts.push(numbersOf([LOCAL], common, sizes, [nameBytes.byteLength, 0]), nameBytes, file);
    directory.push(
      numbersOf([CENTRAL], [20, ...common], sizes, [nameBytes.byteLength, 0, 0, 0, 0], [0, at]),
      nameBytes,
    );
    at += 30 + nameBytes.byteLength + file.byteLength;
  }
  const directoryBytes = directory.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const end = numbersOf([END], [0, 0, files.size, files.size], [directoryBytes, at], [0]);
  const all = [...parts, ...directory, end];
  const zip = new Uint8Array(at + directoryBytes + end.byteLength);
  let written = 0;
  for (const part of all) {
    zip.set(part, written);
    written += part.byteLength;
  }
  return zip;
}

/** Numbers as a ZIP file has them, groups of four and of two bytes in turn. */
function numbersOf(...groups: readonly (readonly number[])[]): Uint8Array {
  const size = groups.reduce((sum, numbers, group) => sum + numbers.length * width(group), 0);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const [group, numbers] of groups.entries()) {
    for (const number of numbers) {
      if (width(group) === 4) view.setUint32(at, number, true);
      else view.setUint16(at, number, true);
      at += width(group);
    }
  }
  return new Uint8Array(view.buffer);
}

/** Bytes of each number of a group. */
function width(group: number): 2 | 4 {
  return group % 2 === 0 ? 4 : 2;
}

/** 4.4.7 */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
