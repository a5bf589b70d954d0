import { createClient, type Client } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { StreamCall, Transport } from "#engine/ports.ts";
import { newProgress, readEvents, serverText, type StreamProgress } from "#engine/wire/read-events.ts";
import { toStreamRequest } from "#engine/wire/stream-events.ts";
import { StreamingService, type StreamResponse } from "#proto/streaming_pb.ts";
import { connectError } from "./connect-errors.ts";

const INTERRUPT_TIMEOUT_MS = 5_000;
/** A server closes at once after its last word; one that does not is cut off after this. */
const CLOSE_GRACE_MS = 2_000;

export interface ConnectTransportOptions {
  /** The origin that the page came from, e.g. "http://127.0.0.1:8787". */
  readonly serverUrl: string;
  readonly logger: Logger;
  /** Default: the page's own, with its cookies. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * The wire of the web page: the Connect protocol with binary messages. The sign-in is a cookie that the browser adds and
 * this code never sees. For how a stream may end see `engine/wire/read-events.ts`.
 */
export function createPageTransport(options: ConnectTransportOptions): Transport {
  const client = createClient(
    StreamingService,
    createConnectTransport({
      baseUrl: options.serverUrl,
      useBinaryFormat: true,
      fetch: options.fetch ?? fetchWithCookies,
    }),
  );
  // Calls that run when the transport is disposed are cancelled.
  const lifetime = new AbortController();
  return {
    streamAudio: (call, signal) =>
      streamAudio(client, options, call, AbortSignal.any([signal, lifetime.signal])),
    interruptSession: (hardwareId, signal) =>
      interruptSession(client, options, hardwareId, AbortSignal.any([signal, lifetime.signal])),
    async [Symbol.asyncDispose]() {
      lifetime.abort();
    },
  };
}

type StreamingClient = Client<typeof StreamingService>;

function fetchWithCookies(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  return fetch(input, { ...init, credentials: "same-origin" });
}

async function* streamAudio(
  client: StreamingClient,
  options: ConnectTransportOptions,
  call: StreamCall,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent, void, undefined> {
  if (signal.aborted) throw cancelled(signal.reason);
  const hangUp = new AbortController();
  const stream = client.streamAudio(toStreamRequest(call), {
    signal: AbortSignal.any([signal, hangUp.signal]),
  });
  const iterator = stream[Symbol.asyncIterator]();
  const progress = newProgress();
  let grace: ReturnType<typeof setTimeout> | undefined;
  const onErrorText = () => {
    grace ??= setTimeout(() => hangUp.abort(), CLOSE_GRACE_MS);
  };
  try {
    yield* readEvents(oneByOne(iterator), { progress, signal, logger: options.logger, onErrorText });
  } catch (error) {
    throw streamError(error, { signal, hungUp: hangUp.signal.aborted, progress, server: options.serverUrl });
  } finally {
    clearTimeout(grace);
    // After `end` the server is closing: cancelling now would look like an interrupt to it.
    if (progress.ended) void letClose(iterator, hangUp);
    else hangUp.abort();
  }
}

/** Leaving a loop over this leaves the stream as it is: how it ends is decided by the caller. */
async function* oneByOne(iterator: AsyncIterator<StreamResponse>): AsyncGenerator<StreamResponse> {
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

async function letClose(iterator: AsyncIterator<StreamResponse>, hangUp: AbortController): Promise<void> {
  const timer = setTimeout(() => hangUp.abort(), CLOSE_GRACE_MS);
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) continue;
  } catch {
    // The answer is complete; how its connection ended is nobody's business.
  } finally {
    clearTimeout(timer);
  }
}

interface StreamEnd {
  readonly signal: AbortSignal;
  readonly hungUp: boolean;
  readonly progress: StreamProgress;
  readonly server: string;
}

function streamError(error: unknown, end: StreamEnd): PipitError {
  if (end.signal.aborted) return cancelled(error);
  // Only our own close timer hangs up on a stream that has said what is wrong.
  if (end.hungUp && end.progress.errorText !== undefined) return serverText(end.progress.errorText);
  return connectError(error, end.server);
}

async function interruptSession(
  client: StreamingClient,
  options: ConnectTransportOptions,
  hardwareId: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (signal.aborted) throw cancelled(signal.reason);
  try {
    const response = await client.interruptSession(
      { hardwareId },
      { signal, timeoutMs: INTERRUPT_TIMEOUT_MS },
    );
    if (response.success) return response.interruptedSessions;
    const why = response.message || "The server refused the hardware id.";
    throw new PipitError("HARDWARE_ID_INVALID", why);
  } catch (error) {
    throw signal.aborted ? cancelled(error) : connectError(error, options.serverUrl);
  }
}

function cancelled(cause: unknown): PipitError {
  return new PipitError("CANCELLED", "Cancelled.", { cause });
}
