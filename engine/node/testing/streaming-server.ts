import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#proto/google/rpc/status_pb.ts";
import {
  InterruptRequestSchema,
  InterruptResponseSchema,
  StreamRequestSchema,
  StreamResponseSchema,
  StreamingService,
  type InterruptRequest,
  type InterruptResponse,
  type StreamRequest,
  type StreamResponse,
} from "#proto/streaming_pb.ts";
import { fromBinary } from "@bufbuild/protobuf";

export type StreamCallContext = ServerWritableStream<StreamRequest, StreamResponse>;

export interface StreamingServerOptions {
  readonly streamAudio?: (call: StreamCallContext) => void | Promise<void>;
  readonly interruptSession?: (
    call: ServerUnaryCall<InterruptRequest, InterruptResponse>,
    callback: sendUnaryData<InterruptResponse>,
  ) => void;
  readonly credentials?: ServerCredentials;
}

/** A bare grpc-js server of the streaming service on a free loopback port: what a foreign server looks like to us. */
export async function startStreamingServer(
  options: StreamingServerOptions,
): Promise<{ target: string; port: number; kill: () => void } & AsyncDisposable> {
  const server = new Server({ "grpc.max_receive_message_length": 32 * 1024 * 1024 });
  server.addService(
    {
      streamAudio: {
        path: `/${StreamingService.typeName}/StreamAudio`,
        requestStream: false,
        responseStream: true,
        requestSerialize: (message: StreamRequest) => Buffer.from(toBinary(StreamRequestSchema, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(StreamRequestSchema, bytes),
        responseSerialize: (message: StreamResponse) => Buffer.from(toBinary(StreamResponseSchema, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(StreamResponseSchema, bytes),
      },
      interruptSession: {
        path: `/${StreamingService.typeName}/InterruptSession`,
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: InterruptRequest) =>
          Buffer.from(toBinary(InterruptRequestSchema, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(InterruptRequestSchema, bytes),
        responseSerialize: (message: InterruptResponse) =>
          Buffer.from(toBinary(InterruptResponseSchema, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(InterruptResponseSchema, bytes),
      },
    },
    {
      streamAudio: (call: StreamCallContext) => void options.streamAudio?.(call),
      interruptSession: (
        call: ServerUnaryCall<InterruptRequest, InterruptResponse>,
        callback: sendUnaryData<InterruptResponse>,
      ) => options.interruptSession?.(call, callback),
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(
    "127.0.0.1:0",
    options.credentials ?? ServerCredentials.createInsecure(),
    (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    },
  );
  const port = await promise;
  const kill = () => server.forceShutdown();
  return {
    target: `127.0.0.1:${port}`,
    port,
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

/** What our server sends with an error: ErrorInfo in grpc-status-details-bin (docs/reference/streaming.md). */
export function errorTrailers(
  reason: string,
  message: string,
  options: { field?: string; domain?: string; retryAfterMs?: number } = {},
): Metadata {
  const info = create(ErrorInfoSchema, {
    reason,
    domain: options.domain ?? "pipit",
    metadata: options.field === undefined ? {} : { field: options.field },
  });
  const rpcStatus = create(StatusSchema, {
    code: status.UNKNOWN,
    message,
    details: [anyPack(ErrorInfoSchema, info)],
  });
  const trailers = new Metadata();
  trailers.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, rpcStatus)));
  if (options.retryAfterMs !== undefined) trailers.set("retry-after-ms", String(options.retryAfterMs));
  return trailers;
}
