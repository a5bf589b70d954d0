import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import {
  StreamingService,
  StreamResponseSchema,
  type InterruptResponseSchema,
  type StreamRequest,
  type StreamResponse,
} from "#proto/streaming_pb.ts";

export interface ConnectServerOptions {
  readonly streamAudio?: (request: StreamRequest, context: HandlerContext) => AsyncIterable<StreamResponse>;
  readonly interruptSession?: (hardwareId: string) => MessageInitShape<typeof InterruptResponseSchema>;
}

/** A real Connect server of the streaming service on a free loopback port, scripted by the test. */
export async function startConnectServer(
  options: ConnectServerOptions,
): Promise<{ readonly url: string; kill: () => void } & AsyncDisposable> {
  const server = createServer(
    connectNodeAdapter({
      routes(router) {
        router.service(StreamingService, {
          ...(options.streamAudio === undefined ? {} : { streamAudio: options.streamAudio }),
          ...(options.interruptSession === undefined
            ? {}
            : { interruptSession: ({ hardwareId }) => options.interruptSession?.(hardwareId) ?? {} }),
        });
      },
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const kill = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    kill,
    async [Symbol.asyncDispose]() {
      kill();
    },
  };
}

/** One response message, e.g. `response({ case: "textChunk", value: "hi" })`. */
export function response(
  content: MessageInitShape<typeof StreamResponseSchema>["content"] & object,
): StreamResponse {
  return create(StreamResponseSchema, { content });
}

/** What our server sends with an error (docs/reference/streaming.md). */
export function detailedError(
  reason: string,
  message: string,
  options: { field?: string; domain?: string; retryAfterMs?: number; code?: Code } = {},
): ConnectError {
  const metadata = options.field === undefined ? {} : { field: options.field };
  return new ConnectError(
    message,
    options.code ?? Code.InvalidArgument,
    options.retryAfterMs === undefined ? undefined : { "retry-after-ms": String(options.retryAfterMs) },
    [{ desc: ErrorInfoSchema, value: { reason, domain: options.domain ?? "pipit", metadata } }],
  );
}
