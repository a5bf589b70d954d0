import { create } from "@bufbuild/protobuf";
import { Client, Metadata, type ClientReadableStream } from "@grpc/grpc-js";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { StreamCall, Transport } from "#engine/ports.ts";
import { newProgress, readEvents, serverText, type StreamProgress } from "#engine/wire/read-events.ts";
import { toStreamRequest } from "#engine/wire/stream-events.ts";
import { InterruptRequestSchema, StreamingService, type StreamResponse } from "#proto/streaming_pb.ts";
import { authorizationInterceptor } from "./grpc-authorization.ts";
import { grpcError, isServiceError } from "./grpc-errors.ts";
import { grpcMethod } from "./grpc-method.ts";
import { channelCredentials, channelOptions } from "./grpc-target.ts";

const streamAudioMethod = grpcMethod(StreamingService.method.streamAudio);
const interruptMethod = grpcMethod(StreamingService.method.interruptSession);

const CONNECT_TIMEOUT_MS = 10_000;
const INTERRUPT_TIMEOUT_MS = 5_000;
/** A server closes at once after its last word; one that does not is cut off after this. */
const CLOSE_GRACE_MS = 2_000;

export interface GrpcTransportOptions {
  /** host:port, e.g. "127.0.0.1:50051" or "[::1]:50051". */
  readonly target: string;
  /** Default true. False (plaintext) is taken only for a loopback target. `caPem` trusts a private authority. */
  readonly tls?: boolean | { readonly caPem: string };
  /** Asked before each call starts; what it throws is what the call throws. */
  readonly accessToken: (signal: AbortSignal) => Promise<string>;
  readonly logger: Logger;
}

/** A {@link Transport} that can connect before the first message. */
export interface GrpcTransport extends Transport {
  /** Connects now, so that the first message does not wait for it. Throws SERVER_UNREACHABLE. */
  warmUp(signal: AbortSignal): Promise<void>;
}

/**
 * The gRPC wire of Node hosts. One channel, opened by the first use.
 *
 * A status other than OK is thrown, whatever was said before it; for the rest see `engine/wire/read-events.ts`.
 *
 * @throws PipitError CONFIG_INVALID for a malformed target, or plaintext to another machine.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  const { target } = options;
  const client = new Client(target, channelCredentials(target, options.tls ?? true), channelOptions(target));
  // Calls that run when the transport is disposed are cancelled: closing a channel alone lets them go on.
  const lifetime = new AbortController();
  return {
    streamAudio: (call, signal) =>
      streamAudio(client, options, call, AbortSignal.any([signal, lifetime.signal])),
    interruptSession: (hardwareId, signal) =>
      interruptSession(client, options, hardwareId, AbortSignal.any([signal, lifetime.signal])),
    warmUp: (signal) => warmUp(client, target, AbortSignal.any([signal, lifetime.signal])),
    async [Symbol.asyncDispose]() {
      lifetime.abort();
      client.close();
    },
  };
}

async function* streamAudio(
  client: Client,
  options: GrpcTransportOptions,
  call: StreamCall,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent, void, undefined> {
  if (signal.aborted) throw cancelled(signal.reason);
  let tokenFailure: unknown;
  const onFailure = (reason: unknown) => {
    tokenFailure = reason;
  };
  const interceptor = authorizationInterceptor({ accessToken: options.accessToken, signal, onFailure });
  const { path, serialize, deserialize } = streamAudioMethod;
  const stream = client.makeServerStreamRequest(
    path,
    serialize,
    deserialize,
    toStreamRequest(call),
    new Metadata(),
    { interceptors: [interceptor] },
  );
  // The iterator reports errors while it runs; one after it has been left is nobody's.
  stream.on("error", () => undefined);
  const onAbort = () => stream.cancel();
  signal.addEventListener("abort", onAbort, { once: true });
  const progress = newProgress();
  // Reading one message at a time from the Readable is the backpressure: grpc-js asks HTTP/2 for no more than that.
  const responses: AsyncIterable<StreamResponse> = stream.iterator({ destroyOnReturn: false });
  const onErrorText = () => void setTimeout(() => stream.cancel(), CLOSE_GRACE_MS).unref();
  try {
    yield* readEvents(responses, { progress, signal, logger: options.logger, onErrorText });
  } catch (error) {
    throw streamError(error, { signal, tokenFailure, progress, target: options.target });
  } finally {
    signal.removeEventListener("abort", onAbort);
    // After `end` the server is closing: cancelling now would look like an interrupt to it.
    if (progress.ended) letClose(stream);
    else stream.cancel();
  }
}

function streamError(
  error: unknown,
  context: { signal: AbortSignal; tokenFailure: unknown; progress: StreamProgress; target: string },
): PipitError {
  if (context.signal.aborted) return cancelled(error);
  if (context.tokenFailure !== undefined) return PipitError.from(context.tokenFailure);
  if (!isServiceError(error)) return PipitError.from(error);
  const converted = grpcError(error, context.target);
  // Only our own close timer cancels a stream that has said what is wrong.
  const { errorText } = context.progress;
  return converted.code === "CANCELLED" && errorText !== undefined ? serverText(errorText) : converted;
}

function cancelled(cause: unknown): PipitError {
  return new PipitError("CANCELLED", "Cancelled.", { cause });
}

function letClose(stream: ClientReadableStream<StreamResponse>): void {
  const timer = setTimeout(() => stream.cancel(), CLOSE_GRACE_MS);
  timer.unref();
  stream.once("status", () => clearTimeout(timer));
  stream.resume();
}

async function interruptSession(
  client: Client,
  options: GrpcTransportOptions,
  hardwareId: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (signal.aborted) throw cancelled(signal.reason);
  let tokenFailure: unknown;
  const interceptor = authorizationInterceptor({
    accessToken: options.accessToken,
    signal,
    onFailure: (reason) => {
      tokenFailure = reason;
    },
  });
  const { path, serialize, deserialize } = interruptMethod;
  const request = create(InterruptRequestSchema, { hardwareId });
  const callOptions = { interceptors: [interceptor], deadline: Date.now() + INTERRUPT_TIMEOUT_MS };
  const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof deserialize>>();
  const call = client.makeUnaryRequest(
    path,
    serialize,
    deserialize,
    request,
    new Metadata(),
    callOptions,
    (error, value) => {
      if (value !== undefined && error === null) resolve(value);
      else reject(error ?? new PipitError("INTERNAL", "The server answered nothing."));
    },
  );
  const onAbort = () => call.cancel();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const response = await promise;
    if (!response.success)
      throw new PipitError("HARDWARE_ID_INVALID", response.message || "The server refused the hardware id.");
    return response.interruptedSessions;
  } catch (error) {
    if (signal.aborted) throw cancelled(error);
    if (tokenFailure !== undefined) throw PipitError.from(tokenFailure);
    throw isServiceError(error) ? grpcError(error, options.target) : PipitError.from(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function warmUp(client: Client, target: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(cancelled(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  client.waitForReady(Date.now() + CONNECT_TIMEOUT_MS, (error) => {
    if (error === undefined) resolve();
    else reject(unreachable(target, error));
  });
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function unreachable(target: string, cause: Error): PipitError {
  return new PipitError(
    "SERVER_UNREACHABLE",
    `No Pipit server answers at ${target}. Start one with \`pipit serve\`, or check PIPIT_GRPC_URL.`,
    { cause },
  );
}
