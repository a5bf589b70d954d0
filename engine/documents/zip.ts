// The few things of a ZIP file that a document needs (APPNOTE.TXT 6.3.10; sections in the comments).

/** Unpacked, the wanted parts are larger than allowed. */
export class TooLargeError extends Error {}

const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;
const END_BYTES = 22;
const COMMENT_MAX_BYTES = 0xffff;
const STORED = 0;
const DEFLATED = 8;

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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = new Map<string, Uint8Array>();
  let room = maxBytes;
  for (const { name, method, at, packedBytes } of entriesOf(view)) {
    if (!isWanted(name) || files.has(name)) continue;
    const packed = bytes.subarray(at, at + packedBytes);
    const file = method === STORED ? bounded(packed, room) : await inflate(packed, room);
    room -= file.byteLength;
    files.set(name, file);
  }
  return files;
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly at: number;
  readonly packedBytes: number;
}

/** The central directory (4.3.12). */
function* entriesOf(view: DataView<ArrayBuffer>): Generator<Entry> {
  const end = endOf(view);
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (view.getUint32(at, true) !== CENTRAL) throw new Error("no directory");
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameBytes));
    const local = view.getUint32(at + 42, true);
    if (view.getUint32(local, true) !== LOCAL) throw new Error("no file header");
    const method = view.getUint16(at + 10, true);
    if (method !== STORED && method !== DEFLATED) throw new Error("another way of packing");
    // The local header has an extra field of its own (4.3.7).
    const data = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    yield { name, method, at: data, packedBytes: view.getUint32(at + 20, true) };
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
}

/** The end of the central directory (4.3.16): a comment may follow. */
function endOf(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - COMMENT_MAX_BYTES); at -= 1) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new Error("no end of a directory");
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
