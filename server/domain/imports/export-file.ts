import { readSync } from "node:fs";
import { createInflateRaw } from "node:zlib";
import { DEFLATED, LockedZipError, zipEntries, type ZipEntry } from "#contract/imports/zip-directory.ts";

/** What a file of an export is read from. */
export interface ExportFile {
  readonly fd: number;
  readonly bytes: number;
}

/** Why no more of a file can be read. */
export type FileProblem =
  | "no_export"
  | "damaged"
  | "encoding"
  | "locked"
  | "unpacked_too_large"
  | "too_many_chats";

export class FileProblemError extends Error {
  readonly problem: FileProblem;

  constructor(problem: FileProblem, cause?: unknown) {
    super(problem, { cause });
    this.problem = problem;
  }
}

const PIECE_BYTES = 256 * 1024;
/** Where chats are in the archives of ChatGPT and Claude, and in a packed export of ours; never in a copy of a Mac's. */
const wanted = /^(?!.*__MACOSX)(?:.*\/)?(?:conversations|pipit)[\w.@-]*\.json$/iu;

/**
 * The JSON documents of a file, each in pieces: of the file itself, or of an archive with others beside. What the archive
 * says of names and sizes does not count: nothing is written under its names, and what comes out is measured.
 *
 * @param maxBytes that may come out of an archive
 * @param onRead told how much of the file was read
 * @throws FileProblemError
 */
export async function* documentsOf(
  file: ExportFile,
  maxBytes: number,
  onRead: (bytes: number) => void,
): AsyncGenerator<AsyncIterable<string>> {
  if (file.bytes === 0) throw new FileProblemError("no_export");
  if (bytesAt(file.fd, 0, 2).toString("latin1") !== "PK") {
    yield decoded(counted(piecesOf(file, 0, file.bytes), onRead));
    return;
  }
  const room = { bytes: maxBytes };
  for (const entry of wantedEntries(file)) yield decoded(unpacked(file, entry, room, onRead));
}

function wantedEntries({ fd, bytes }: ExportFile): readonly ZipEntry[] {
  const read = (at: number, length: number): DataView => {
    const { buffer, byteOffset, byteLength } = bytesAt(fd, at, length);
    return new DataView(buffer, byteOffset, byteLength);
  };
  try {
    const entries = [...zipEntries(bytes, read, (name) => wanted.test(name))];
    // Entries that stand in each other would be read for ever.
    const packed = entries.reduce((sum, { packedBytes }) => sum + packedBytes, 0);
    if (packed > bytes) throw new Error("more than there is");
    if (entries.length > 0) return entries;
  } catch (error) {
    throw new FileProblemError(error instanceof LockedZipError ? "locked" : "damaged", error);
  }
  throw new FileProblemError("no_export");
}

function bytesAt(fd: number, at: number, length: number): Buffer<ArrayBuffer> {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, at));
}

/** Not by a stream of Node's: to leave one closes the file, which is the server's. */
async function* piecesOf({ fd }: ExportFile, start: number, bytes: number): AsyncGenerator<Buffer> {
  const end = start + bytes;
  for (let at = start; at < end;) {
    const piece = bytesAt(fd, at, Math.min(PIECE_BYTES, end - at));
    if (piece.byteLength === 0) return;
    at += piece.byteLength;
    yield piece;
  }
}

async function* counted(
  pieces: AsyncIterable<Buffer>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    onRead(piece.byteLength);
    yield piece;
  }
}

async function* unpacked(
  file: ExportFile,
  { method, at, packedBytes }: ZipEntry,
  room: { bytes: number },
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  if (packedBytes === 0) return;
  const packed = counted(piecesOf(file, at, packedBytes), onRead);
  // A stream that breaks tells the one that reads it.
  const pieces = method === DEFLATED ? inflated(packed) : packed;
  try {
    for await (const piece of pieces) {
      room.bytes -= piece.byteLength;
      if (room.bytes < 0) throw new FileProblemError("unpacked_too_large");
      yield piece;
    }
  } catch (error) {
    if (error instanceof FileProblemError) throw error;
    throw new FileProblemError("damaged", error);
  }
}

async function* inflated(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: PIECE_BYTES });
  const feeding = (async () => {
    for await (const piece of packed) {
      if (inflate.destroyed) return;
      if (!inflate.write(piece)) await drained(inflate);
    }
    inflate.end();
  })().catch((error: unknown) => void inflate.destroy(error as Error));
  try {
    yield* inflate as AsyncIterable<Buffer>;
  } finally {
    inflate.destroy();
    await feeding;
  }
}

async function drained(stream: ReturnType<typeof createInflateRaw>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve).once("close", resolve);
  await promise;
}

/** UTF-8, or UTF-16 by its mark or its first character, which is one of ASCII in JSON. Without the mark. */
async function* decoded(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  try {
    for await (const piece of pieces) {
      decoder ??= new TextDecoder(encodingOf(piece), { fatal: true });
      yield decoder.decode(piece, { stream: true });
    }
    yield decoder?.decode() ?? "";
  } catch (error) {
    if (error instanceof TypeError) throw new FileProblemError("encoding", error);
    throw error;
  }
}

function encodingOf(begin: Buffer): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = begin;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return "utf-8";
}
