import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type Settings,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createConnectRouter, createContextValues } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { Logger } from "#contract/logger.ts";
import type { ClientAddress } from "#server/net/client-address.ts";
import type { ListenAddress } from "#server/net/listen-address.ts";
import { adoptCorrelationId, CORRELATION_HEADER, type Correlation } from "#server/observe/correlation.ts";
import type { AccessLog } from "#server/observe/access-log.ts";
import type { Tracing } from "#server/observe/tracing.ts";
import { listenError } from "#server/net/listen-error.ts";
import type { ServerTls } from "#server/net/server-tls.ts";
import type { ListeningPort } from "#server/net/listening-port.ts";
import { peerOf } from "#server/net/peer.ts";
import { correlationKey, originKey, originFrom, peerKey } from "./kit/call-context.ts";
import { endedKey, type EndedCall } from "./kit/measured-calls.ts";
import { http2StreamKey } from "./kit/raw-frames.ts";
import type { RpcRoutes } from "./router.ts";

/** gRPC status 12, UNIMPLEMENTED. */
const UNIMPLEMENTED = "12";
/** One protocol per port: gRPC-Web and Connect have the HTTP port. */
const protocols = { grpcWeb: false, connect: false };
/**
 * All metadata of a call. More of it resets that call alone; only a single value of over 64 KiB ends its connection, which
 * Node's HTTP/2 cannot decode and then must (RFC 9113 §4.3). Clients are told the limit in the settings.
 */
const METADATA_MAX_BYTES = 16 * 1024;

interface GrpcServerDeps {
  readonly rpc: RpcRoutes;
  readonly correlation: Correlation;
  readonly clientAddressOf: ClientAddress;
  readonly pingEveryMs: number;
  readonly logger: Logger;
  readonly accessLog: AccessLog;
  /** Undefined: without TLS. */
  readonly tls: ServerTls | undefined;
  /** Undefined: no traces. */
  readonly tracing: Tracing | undefined;
}

/**
 * Starts gRPC over HTTP/2: with TLS, or plain (h2c).
 *
 * @throws PipitError PORT_IN_USE, CONFIG_INVALID
 */
export async function startGrpcServer(address: ListenAddress, deps: GrpcServerDeps): Promise<ListeningPort> {
  const adapter = createAdapter(deps);
  const settings = { maxHeaderListSize: METADATA_MAX_BYTES };
  const onRequest = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    const id = adoptCorrelationId(request.headers);
    response.setHeader(CORRELATION_HEADER, id);
    endUnreadRequest(request);
    const log = loggedCall(deps, request, response);
    const answer = (): void => void adapter(request, response, log);
    if (hasAddress(request)) deps.correlation.run(id, () => inTrace(deps.tracing, request, response, answer));
    else response.writeHead(400).end();
  };
  const server = openServer(settings, deps.tls, onRequest);
  const sessions = trackSessions(server, deps.pingEveryMs);
  const sockets = trackSockets(server);
  await listen(server, address);
  return {
    address: { host: address.host, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // GOAWAY: running streams go on, the client opens no new ones here.
        for (const session of sessions) session.close();
      }),
    destroy() {
      // Not the sessions: one that ends gently is done with by itself, but waits for its client to close the connection.
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Runs `work` as a part of the request's trace, which a call then names. */
function inTrace(
  tracing: Tracing | undefined,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  work: () => void,
): void {
  if (tracing === undefined) return work();
  const span = tracing.begin(request);
  // Afterwards the response has no status any more; that of the call comes in the same moment.
  const { stream } = response;
  stream.once("close", () =>
    setImmediate(() => span.end(undefined, Number(stream.sentHeaders?.[":status"] ?? 0))),
  );
  span.run(work);
}

function openServer(
  settings: Settings,
  tls: ServerTls | undefined,
  onRequest: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2Server {
  if (tls === undefined) return createServer({ settings }, onRequest);
  const server = createSecureServer({ settings, ...tls.options }, onRequest);
  tls.follow(server);
  return server;
}

/** Does what the adapter of the library does, but that one prints, past our log, whenever a client is gone while an answer is written. */
function createAdapter({ rpc, clientAddressOf, logger }: GrpcServerDeps) {
  const router = createConnectRouter({ ...rpc.options, ...protocols });
  rpc.routes(protocols)(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const valuesOf = (request: Http2ServerRequest, ended: EndedListener) =>
    createContextValues()
      .set(endedKey, ended)
      .set(peerKey, peerOf(request, clientAddressOf))
      .set(http2StreamKey, request.stream)
      .set(originKey, originFrom(request.headers, clientAddressOf(request)))
      .set(correlationKey, String(request.headers[CORRELATION_HEADER] ?? ""));
  return async (
    request: Http2ServerRequest,
    response: Http2ServerResponse,
    ended: EndedListener,
  ): Promise<void> => {
    const handler = handlers.get(request.url.split("?", 1)[0] ?? "");
    if (handler === undefined) return answerUnknown(request.url, response);
    // Afterwards the response has no stream any more.
    const { stream } = response;
    const add = response.addTrailers.bind(response);
    response.addTrailers = (trailers) => add(withReadableMessage(trailers));
    try {
      const asked = universalRequestFromNodeRequest(request, response, undefined, valuesOf(request, ended));
      await universalResponseToNodeResponse(await handler(asked), response);
    } catch (error) {
      const rpcName = handler.method.name;
      if (stream.destroyed || stream.closed) return logger.debug("rpc.unsent", { rpc: rpcName, error });
      logger.error("rpc.unsent", { rpc: rpcName, error });
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  };
}

type EndedListener = ((call: EndedCall) => void) | undefined;

/** Logs a request of HTTP/2 when its stream is closed. @returns what wants to know how the call has ended */
function loggedCall(
  { accessLog, clientAddressOf }: GrpcServerDeps,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): EndedListener {
  if (accessLog === undefined) return undefined;
  const startedMs = performance.now();
  const client = clientAddressOf(request);
  const { method, stream } = request;
  let bytes = 0;
  const write = stream.write.bind(stream) as (chunk: Uint8Array, ...rest: unknown[]) => boolean;
  stream.write = (chunk: Uint8Array, ...rest: unknown[]) => {
    bytes += chunk.byteLength;
    return write(chunk, ...rest);
  };
  let call: EndedCall | undefined;
  stream.once("close", () =>
    accessLog({
      method,
      route: call && `/${call.method}`,
      status: response.statusCode,
      rpc: call?.code,
      durationMs: performance.now() - startedMs,
      bytes,
      client,
      account: call?.account,
      correlationId: String(request.headers[CORRELATION_HEADER] ?? ""),
      cut: stream.rstCode !== constants.NGHTTP2_NO_ERROR,
    }),
  );
  return (ended) => void (call = ended);
}

/**
 * The library percent-encodes signs that the protocol wants as they are (gRPC over HTTP/2, Status-Message), and grpc-js
 * leaves those encoded: its clients would show "name%3A".
 */
function withReadableMessage(trailers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const { "grpc-message": message } = trailers;
  return typeof message !== "string"
    ? trailers
    : { ...trailers, "grpc-message": encodeURI(decodeURIComponent(message)) };
}

/** The adapter makes one of both, and throws past all handlers where that cannot be done: it would end the server. */
function hasAddress({ url, authority }: { readonly url: string; readonly authority?: string }): boolean {
  return authority !== undefined && URL.canParse(url, `http://${authority}`);
}

/**
 * A call that was answered before its message was read to the end is over for both sides (RFC 9113 §8.1): the client is
 * told to stop sending. Otherwise the rest of it would hold the stream, and a stopping server, open.
 */
function endUnreadRequest({ stream }: Http2ServerRequest): void {
  stream.once("wantTrailers", () => {
    // The answer is complete once the trailers, sent at this event, are out.
    setImmediate(() => {
      if (stream.readableEnded || stream.closed) return;
      stream.close(constants.NGHTTP2_NO_ERROR);
      // What has come already is dropped: unread, it would keep the stream from closing, and the request object, which
      // the reader gave up, takes no more of it.
      stream.removeAllListeners("data").resume();
    });
  });
}

function trackSockets(server: Http2Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

/** Connections are asked for a sign of life, so that a client that vanished does not hold its streams for ever. */
function trackSessions(server: Http2Server, pingEveryMs: number): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    let answered = true;
    const timer = setInterval(() => {
      if (!answered) return session.destroy();
      answered = false;
      if (!session.destroyed) {
        session.ping(() => {
          answered = true;
        });
      }
    }, pingEveryMs);
    timer.unref();
    session.once("close", () => {
      clearInterval(timer);
      sessions.delete(session);
    });
    // A broken connection ends its streams by itself; without a listener it would end the process.
    session.on("error", () => session.destroy());
  });
  return sessions;
}

function listen(server: Http2Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, address, "--grpc")));
    server.listen(address.port, address.host, resolve);
  });
}

/** What gRPC says to an unknown method: status 200, and the outcome in the only header block there is. */
function answerUnknown(path: string, response: Http2ServerResponse): void {
  response.stream.respond(
    {
      ":status": 200,
      "content-type": "application/grpc+proto",
      [CORRELATION_HEADER]: String(response.getHeader(CORRELATION_HEADER) ?? ""),
      "grpc-status": UNIMPLEMENTED,
      "grpc-message": encodeURI(`There is no method ${path.slice(0, 200)} here.`),
    },
    { endStream: true },
  );
}
