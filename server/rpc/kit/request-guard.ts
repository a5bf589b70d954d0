import { fromBinary, fromJsonString, type DescMessage } from "@bufbuild/protobuf";
import { ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol";
import { PipitError } from "#contract/pipit-error.ts";
import { compressedMessage, messageTooLarge, toConnectError } from "./connect-error.ts";

/** Flags and length before a message in gRPC and gRPC-Web. */
const ENVELOPE_BYTES = 5;

/**
 * Makes unary calls fail by our own errors when their message is too large or broken. The library parses the message
 * of a unary call before any interceptor runs, so such an error would otherwise leave as INTERNAL and without ErrorInfo;
 * those of streaming calls pass the error interceptor.
 *
 * @param first index of the first handler to guard
 */
export function guardUnaryRequests(router: ConnectRouter, first: number, maxBytes: number): void {
  for (const [index, handler] of router.handlers.entries()) {
    if (index >= first && handler.method.methodKind === "unary")
      router.handlers[index] = guard(handler, maxBytes);
  }
}

function guard(handler: UniversalHandler, maxBytes: number): UniversalHandler {
  const guarded = (request: UniversalServerRequest) => {
    const body: unknown = request.body;
    return handler(
      isByteStream(body)
        ? {
            ...request,
            body: checked(body, {
              input: handler.method.input,
              contentType: request.header.get("content-type") ?? "",
              maxBytes,
            }),
          }
        : request,
    );
  };
  return Object.assign(guarded, handler);
}

interface Expected {
  readonly input: DescMessage;
  readonly contentType: string;
  readonly maxBytes: number;
}

/** Nothing is read before the library asks for it, which is after the caller was let in. */
async function* checked(
  body: AsyncIterable<Uint8Array>,
  { input, contentType, maxBytes }: Expected,
): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.byteLength;
    if (size > maxBytes + ENVELOPE_BYTES) throw toConnectError(messageTooLarge(maxBytes));
    pieces.push(piece);
  }
  const whole = Buffer.concat(pieces);
  const enveloped = contentType.startsWith("application/grpc");
  if (enveloped && isCompressed(whole)) throw toConnectError(compressedMessage());
  const message = enveloped ? whole.subarray(ENVELOPE_BYTES) : whole;
  try {
    if (contentType.includes("json"))
      fromJsonString(input, message.toString("utf8"), { ignoreUnknownFields: true });
    else fromBinary(input, message);
  } catch (reason) {
    const why = ConnectError.from(reason).rawMessage;
    throw toConnectError(new PipitError("INVALID_REQUEST", `The request could not be read: ${why}.`));
  }
  yield whole;
}

function isCompressed(envelope: Uint8Array): boolean {
  return ((envelope[0] ?? 0) & 1) === 1;
}

function isByteStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
