import { createClient } from "@connectrpc/connect";
import { throwIfAborted, waitFor } from "#engine/abort.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpClient } from "#engine/ports.ts";
import { Health } from "#proto/grpc/health/v1/health_pb.ts";
import { rpcError } from "#engine/wire/rpc-error.ts";
import type { RpcConnection } from "#engine/wire/rpc-transport.ts";
import { ensureServer, type EnsureServerOptions } from "./embedded-server.ts";
import { openGrpc } from "../grpc/grpc-transport.ts";
import { createHttpClient, type FileClient } from "../http/http-client.ts";

const HEALTH_TIMEOUT_MS = 5_000;

/**
 * The way to a server that may come and go: a named one, or this machine's own, whose port changes when it is started
 * again. An unreachable server is looked for (and, if it is our own, started) again by the next call.
 */
export type ServerLink = ReturnType<typeof createServerLink>;

type Connection = Awaited<ReturnType<typeof open>>;

/** Makes a link; nothing is contacted before the first call. */
export function createServerLink(options: EnsureServerOptions) {
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
  const asking = async <T>(
    signal: AbortSignal,
    ask: (http: Connection["http"]) => Promise<T>,
  ): Promise<T> => {
    const used = await connection(signal);
    try {
      return await ask(used.http);
    } catch (error) {
      if (error instanceof PipitError && error.code === "SERVER_UNREACHABLE") await forget(used);
      throw error;
    }
  };
  const http: HttpClient & FileClient = {
    request: (request, signal) => asking(signal, (used) => used.request(request, signal)),
    download: (path, headers, signal) => asking(signal, (used) => used.download(path, headers, signal)),
    upload: (path, headers, sent, signal) =>
      asking(signal, (used) => used.upload(path, headers, sent, signal)),
  };
  return {
    http,
    /** The server that answers now. @throws PipitError SERVER_UNREACHABLE */
    connect: async (signal: AbortSignal) => (await connection(signal)).handle,
    /** Its gRPC wire, for `createRpcTransport`. @throws as connect */
    async rpc(signal: AbortSignal): Promise<RpcConnection> {
      const used = await connection(signal);
      const { transport, wording } = used.grpc;
      return { transport, wording, lost: () => forget(used) };
    },
    /** Asks the gRPC port how the server is. @throws PipitError SERVER_UNREACHABLE, CERTIFICATE_REFUSED, DEADLINE_EXCEEDED */
    async askRpcHealth(signal: AbortSignal): Promise<void> {
      const { grpc } = await connection(signal);
      try {
        await createClient(Health, grpc.transport).check({}, { signal, timeoutMs: HEALTH_TIMEOUT_MS });
      } catch (error) {
        throw rpcError(error, grpc.wording);
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort(new PipitError("CANCELLED", "The client is closing."));
      const last = await current?.catch(() => undefined);
      if (last !== undefined) await close(last);
    },
  };
}

async function open(options: EnsureServerOptions, signal: AbortSignal) {
  const handle = await ensureServer(options, signal);
  try {
    return {
      handle,
      // Both ports of a server have TLS, or neither has.
      grpc: openGrpc({ tls: handle.httpUrl.startsWith("https:"), target: handle.grpcUrl }),
      http: createHttpClient(handle.httpUrl),
    };
  } catch (error) {
    await handle[Symbol.asyncDispose]();
    throw error;
  }
}

async function close(connection: Connection): Promise<void> {
  connection.grpc[Symbol.dispose]();
  await connection.handle[Symbol.asyncDispose]();
}
