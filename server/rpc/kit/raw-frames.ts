import { constants, type Http2Stream } from "node:http2";
import { toBinary, type DescMessage, type DescMethod, type MessageShape } from "@bufbuild/protobuf";
import { createContextKey, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import {
  encodeEnvelope,
  type UniversalHandler,
  type UniversalServerRequest,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import { parseContentType } from "@connectrpc/connect/protocol-grpc";

/** The HTTP/2 stream of a call; set by the gRPC port alone. */
export const http2StreamKey = createContextKey<Http2Stream | undefined>(undefined, { description: "stream" });
/** Where the handler of such a call may write frames that it has made; absent on the HTTP port, and for a client that wants JSON. */
export const rawFramesKey = createContextKey<RawFrames | undefined>(undefined, { description: "frames" });

const NOTHING = new Uint8Array(0);
/** A reader that was ended gets so long to take what was written for it, and why it ended. */
const UNREAD_MS = 10_000;

/** A message as it stands on the wire of gRPC: the same bytes for whoever reads it. */
export function frameOf<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): Uint8Array {
  return encodeEnvelope(0, toBinary(desc, message));
}

/**
 * The answer of one gRPC call, written past the library's pipeline of each message. What surrounds the messages stays the
 * library's: who may call, deadline, interceptors, and the trailers with the error. A handler that writes here yields nothing.
 */
export class RawFrames {
  readonly #stream: Http2Stream;
  readonly #begun = Promise.withResolvers<HandlerContext>();
  readonly #open = Promise.withResolvers<void>();
  #full = false;

  constructor(stream: Http2Stream) {
    this.#stream = stream;
  }

  /** Resolves once the client was sent the headers, by which it knows that it is being served; or is gone. */
  begin(context: HandlerContext): Promise<void> {
    this.#begun.resolve(context);
    return this.#open.promise;
  }

  /** Only after {@link begin} and {@link onFree}. What a slow client does not take is kept, so look at {@link isFull}. */
  write(frame: Uint8Array): void {
    this.#full = !this.#stream.write(frame);
  }

  /** The client does not take more for now, or is gone. */
  get isFull(): boolean {
    return this.#full;
  }

  /** @param look called whenever it is not full any more */
  onFree(look: () => void): void {
    this.#stream.on("drain", () => {
      this.#full = false;
      look();
    });
  }

  /**
   * @param ending what the library answers once the handler is done
   * @returns what its adapter sends: headers as soon as the handler begins, and trailers when it is done
   */
  async answer(ending: Promise<UniversalServerResponse>): Promise<UniversalServerResponse> {
    const first = await Promise.race([this.#begun.promise, ending]);
    if ("status" in first) return first;
    return {
      status: 200,
      header: first.responseHeader,
      trailer: first.responseTrailer,
      body: this.#body(ending),
    };
  }

  async *#body(ending: Promise<UniversalServerResponse>): AsyncGenerator<Uint8Array> {
    try {
      // The adapter sends the headers before the first piece.
      yield NOTHING;
    } finally {
      this.#open.resolve();
    }
    await ending;
    this.#endUnread();
  }

  /** What a client does not take would stay in memory as long as its connection lives. The code is RESOURCE_EXHAUSTED in gRPC. */
  #endUnread(): void {
    const stream = this.#stream;
    const unread = setTimeout(() => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), UNREAD_MS);
    stream.once("close", () => clearTimeout(unread));
  }
}

/** Gives the handler of a server-streaming RPC {@link RawFrames}, wherever the port has them. */
export function offerRawFrames(router: ConnectRouter, method: DescMethod): void {
  for (const [index, handler] of router.handlers.entries()) {
    if (handler.method === method) router.handlers[index] = offer(handler);
  }
}

function offer(handler: UniversalHandler): UniversalHandler {
  const offering = (request: UniversalServerRequest): Promise<UniversalServerResponse> => {
    const stream = request.contextValues?.get(http2StreamKey);
    const type = parseContentType(request.header.get("content-type"));
    if (stream === undefined || type?.binary !== true) return handler(request);
    const frames = new RawFrames(stream);
    request.contextValues?.set(rawFramesKey, frames);
    return frames.answer(handler(request));
  };
  return Object.assign(offering, handler);
}
