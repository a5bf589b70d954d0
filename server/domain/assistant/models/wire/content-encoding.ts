import type { IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from "node:zlib";

/** Each gives what it has as it comes, and takes a body that is cut: the cut is told by the connection. */
const DECODERS = new Map([
  ["gzip", () => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })],
  ["x-gzip", () => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })],
  ["deflate", () => createInflate({ finishFlush: constants.Z_SYNC_FLUSH })],
  ["br", () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })],
  ["zstd", () => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush })],
]);

/**
 * The answer with its content coding undone (RFC 9110, section 8.4). We ask for none, but gateways compress whatever is
 * asked for. A coding that is not known is left as it is.
 */
export function decoded(reply: IncomingMessage): Readable & Pick<IncomingMessage, "statusCode" | "headers"> {
  const decoder = DECODERS.get((reply.headers["content-encoding"] ?? "").trim().toLowerCase())?.();
  if (decoder === undefined) return reply;
  // What fails or ends one of the two ends the other; the reader is told by its own stream.
  pipeline(reply, decoder, () => {});
  return Object.assign(decoder, { statusCode: reply.statusCode, headers: reply.headers });
}
