import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Readable, Writable } from "node:stream";
import { systemCodeOf } from "#contract/system-error.ts";
import { HttpError } from "./http-error.ts";

/**
 * What a body of gzip (RFC 1952) holds. No more of it is unpacked than is taken, so that a bomb costs nothing, and no more
 * of the body is read.
 *
 * @throws HttpError 413 for more than `maxBytes`, packed or not; 400 for what is no gzip, or broke off, or no UTF-8
 */
export async function unpack(body: unknown, maxBytes: number, signal: AbortSignal): Promise<string> {
  if (!(body instanceof Readable)) throw notGzip();
  const pieces: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  const kept = new Writable({
    write(piece: Buffer, _encoding, done) {
      bytes += piece.byteLength;
      isOver = bytes > maxBytes;
      if (isOver) return done(new Error("too large"));
      pieces.push(piece);
      done();
    },
  });
  try {
    await pipeline(
      limited(body, maxBytes, () => (isOver = true)),
      createGunzip(),
      kept,
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (isOver) {
      const limit = `${maxBytes / 1024 / 1024} MiB`;
      throw new HttpError(
        413,
        `The body unpacks to more than ${limit}, which is the limit. Send less at once.`,
      );
    }
    if (isOfUnpacking(error)) throw notGzip();
    throw error;
  } finally {
    // What is still on its way would stand before the client's next request on this connection.
    body.resume();
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new HttpError(400, "The body is not UTF-8.");
  }
}

/** All else is the connection's. zlib's own codes begin so; the other comes of what follows zeros behind the last member. */
function isOfUnpacking(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code.startsWith("Z_") || code === "ERR_STREAM_PUSH_AFTER_EOF";
}

/** Of nothing there may be gigabytes as well: empty members unpack to none. */
async function* limited(body: Readable, maxBytes: number, onOver: () => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) {
      onOver();
      throw new Error("too large");
    }
    yield piece;
  }
}

function notGzip(): HttpError {
  return new HttpError(400, "The body must be gzip (RFC 1952), with content-encoding: gzip.");
}
