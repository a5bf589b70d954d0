import { create } from "@bufbuild/protobuf";
import { Client, Metadata, type ClientReadableStream } from "@grpc/grpc-js";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger, StreamCall, Transport } from "#engine/ports.ts";
import { InterruptRequestSchema, StreamingService, type StreamResponse } from "#proto/streaming_pb.ts";
import { authorizationInterceptor } from "./grpc-authorization.ts";
import { grpcError, isServiceError } from "./grpc-errors.ts";
import { grpcMethod } from "./grpc-method.ts";
import { channelCredentials, channelOptions } from "./grpc-target.ts";
import { createPcmConverter } from "./pcm-convert.ts";
import { toChatEvent, toStreamRequest } from "./stream-events.ts";

const streamAudioMethod = grpcMethod(StreamingService.method.streamAudio);
const interruptMethod = grpcMethod(StreamingService.method.interruptSession);

const CONNECT_TIMEOUT_MS = 10_000;
const INTERRUPT_TIMEOUT_MS = 5_000;
/** A server closes at once after its last word; one that does not is cut off after this. */
const CLOSE_GRACE_MS = 2_000;
/** Longest text of an `error_message` that is shown to a person. */
const ERROR_TEXT_MAX_CHARS = 500;

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
 * How a stream may end (wire-facts §1.5-1.6): a status other than OK is thrown, whatever was said before it; an
 * `error_message` is thrown once, as that status, or as INTERNAL when the status is OK (servers of the seed era);
 * `end_message` is `end`. A stream closed with OK but without either is thrown as MODEL_FAILED: no server ends a
 * good answer that way, and some end a broken one so, hence showing it as complete would hide a loss.
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
  const progress: StreamProgress = { ended: false, errorText: undefined, sawPayload: false };
  try {
    yield* readEvents(stream, progress, signal, options.logger);
  } catch (error) {
    throw streamError(error, { signal, tokenFailure, progress, target: options.target });
  } finally {
    signal.removeEventListener("abort", onAbort);
    // After `end` the server is closing: cancelling now would look like an interrupt to it.
    if (progress.ended) letClose(stream);
    else stream.cancel();
  }
}

interface StreamProgress {
  ended: boolean;
  sawPayload: boolean;
  errorText: string | undefined;
}

/** Reading one message at a time from the Readable is the backpressure: grpc-js asks HTTP/2 for no more than that. */
async function* readEvents(
  stream: ClientReadableStream<StreamResponse>,
  progress: StreamProgress,
  signal: AbortSignal,
  logger: Logger,
): AsyncGenerator<ChatEvent, void, undefined> {
  const pcm = createPcmConverter();
  for await (const response of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<StreamResponse>) {
    if (signal.aborted) throw cancelled(signal.reason);
    if (response.content.case === "errorMessage") {
      progress.errorText = response.content.value;
      setTimeout(() => stream.cancel(), CLOSE_GRACE_MS).unref();
      continue;
    }
    if (progress.errorText !== undefined) continue;
    const event = toChatEvent(response, pcm);
    if (event === undefined) {
      logger.debug("grpc.response_ignored", { content: response.content.case ?? "unknown" });
      continue;
    }
    progress.sawPayload ||= event.type === "text" || event.type === "audio";
    progress.ended = event.type === "end";
    yield event;
    if (progress.ended) return;
  }
  if (progress.errorText !== undefined) throw serverText(progress.errorText);
  throw new PipitError(
    "MODEL_FAILED",
    progress.sawPayload
      ? "The answer broke off before its end. Ask again to get the whole of it."
      : "The server closed the stream without an answer. Try again.",
  );
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

function serverText(text: string): PipitError {
  return new PipitError(
    "INTERNAL",
    text.slice(0, ERROR_TEXT_MAX_CHARS) || "The server reported an error without a text.",
  );
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
