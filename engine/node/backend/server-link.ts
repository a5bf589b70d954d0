import { throwIfAborted, waitFor } from "#engine/abort.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { HttpClient, Transport } from "#engine/ports.ts";
import { ensureServer, type EnsureServerOptions, type ServerHandle } from "./embedded-server.ts";
import { createGrpcTransport, type GrpcTransport } from "../grpc/grpc-transport.ts";
import { createHttpClient } from "../http/http-client.ts";

export interface ServerLinkOptions {
  /** How to find the server, and whether to start one. */
  readonly server: EnsureServerOptions;
  /** A live access token for the authorization interceptor. */
  readonly accessToken: (signal: AbortSignal) => Promise<string>;
  readonly logger: Logger;
}

/**
 * The way to a server that may come and go: a named one, or this machine's own, whose port changes when it is started
 * again. An unreachable server is looked for (and, if it is our own, started) again by the next call.
 */
export interface ServerLink extends AsyncDisposable {
  readonly transport: Transport;
  readonly http: HttpClient;
  /** The server that answers now. @throws PipitError SERVER_UNREACHABLE */
  connect(signal: AbortSignal): Promise<ServerHandle>;
}

interface Connection {
  readonly handle: ServerHandle;
  readonly grpc: GrpcTransport;
  readonly http: HttpClient;
}

/** Makes a link; nothing is contacted before the first call. */
export function createServerLink(options: ServerLinkOptions): ServerLink {
  let current: Promise<Connection> | undefined;
  const stop = new AbortController();

  // One search at a time, and not bound to a caller's signal: a second caller may be waiting for the same server.
  const connection = async (signal: AbortSignal): Promise<Connection> => {
    throwIfAborted(signal);
    current ??= open(options, stop.signal).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return waitFor(current, signal);
  };
  const forget = async (lost: Connection): Promise<void> => {
    if ((await current?.catch(() => undefined)) !== lost) return;
    current = undefined;
    await close(lost);
  };
  const guarded = async <T>(
    signal: AbortSignal,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> => {
    const used = await connection(signal);
    try {
      return await work(used);
    } catch (error) {
      if (isLost(error)) await forget(used);
      throw error;
    }
  };

  return {
    connect: async (signal) => (await connection(signal)).handle,
    http: { request: (request, signal) => guarded(signal, (used) => used.http.request(request, signal)) },
    transport: {
      async *streamAudio(call, signal) {
        const used = await connection(signal);
        try {
          yield* used.grpc.streamAudio(call, signal);
        } catch (error) {
          if (isLost(error)) await forget(used);
          throw error;
        }
      },
      interruptSession: (hardwareId, signal) =>
        guarded(signal, (used) => used.grpc.interruptSession(hardwareId, signal)),
      // The link owns the connection; see its own dispose.
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new PipitError("CANCELLED", "The client is closing."));
      const last = await current?.catch(() => undefined);
      if (last !== undefined) await close(last);
    },
  };
}

async function open(options: ServerLinkOptions, signal: AbortSignal): Promise<Connection> {
  const handle = await ensureServer(options.server, signal);
  try {
    return {
      handle,
      // Both ports of a server have TLS, or neither has.
      grpc: createGrpcTransport({
        tls: handle.httpUrl.startsWith("https:"),
        target: handle.grpcUrl,
        accessToken: options.accessToken,
        logger: options.logger,
      }),
      http: createHttpClient({ serverUrl: handle.httpUrl }),
    };
  } catch (error) {
    await handle[Symbol.asyncDispose]();
    throw error;
  }
}

async function close(connection: Connection): Promise<void> {
  await connection.grpc[Symbol.asyncDispose]();
  await connection.handle[Symbol.asyncDispose]();
}

function isLost(error: unknown): boolean {
  return error instanceof PipitError && error.code === "SERVER_UNREACHABLE";
}
