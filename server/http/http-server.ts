import type { AddressInfo } from "node:net";
import { createContextValues } from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ListenAddress } from "#server/net/listen-address.ts";
import type { ClientAddress } from "#server/net/client-address.ts";
import { adoptCorrelationId, CORRELATION_HEADER } from "#server/observe/correlation.ts";
import type { AccessLog } from "#server/observe/access-log.ts";
import type { CallMetrics, HttpMetrics } from "#server/observe/metrics.ts";
import { listenError } from "#server/net/listen-error.ts";
import type { ListeningPort } from "#server/net/listening-port.ts";
import type { ServerTls } from "#server/net/server-tls.ts";
import { peerOf } from "#server/net/peer.ts";
import { correlationKey, originKey, pageKey, peerKey } from "#server/rpc/kit/call-context.ts";
import { endedKey } from "#server/rpc/kit/measured-calls.ts";
import { webStreams } from "#server/rpc/kit/web-streams.ts";
import type { RpcRoutes } from "#server/rpc/router.ts";
import { createClientErrorAnswer, refuseExpectations } from "./kit/client-error.ts";
import type { Gate } from "./kit/gate.ts";
import { endStuckAnswers, probedConnections } from "./kit/gone-clients.ts";
import { Uploads } from "./kit/uploads.ts";
import { refuseRepeatedHeaders } from "./kit/repeated-headers.ts";
import { HttpError } from "./kit/http-error.ts";
import { parseJsonBody } from "./kit/json-body.ts";
import { pageCredentialsOf } from "./kit/cookies.ts";
import { logRequests } from "./kit/log-requests.ts";
import { measureRequests } from "./kit/measure-requests.ts";
import { traceRequests } from "./kit/trace-requests.ts";
import type { Tracing } from "#server/observe/tracing.ts";
import type { HttpContext } from "./kit/http-context.ts";
import { addClientAddress, originOf } from "./kit/origin.ts";
import { addRoutes, type Route } from "./kit/route.ts";
import { addSocketUpgrades, socketsAt } from "./kit/socket-upgrades.ts";
import { pathOf, sendError } from "./send-error.ts";
import { opensPage, sendMissingAddress } from "./web/missing-address.ts";

/** Largest body of an ordinary route; RPCs have their own limit. */
const BODY_MAX_BYTES = 64 * 1024;
/** A client that does not finish its headers and body in this time is cut off. */
const REQUEST_TIMEOUT_MS = 60_000;
/** For a year no browser asks without TLS (RFC 6797); it takes that only from an answer that came by TLS. */
const TLS_FROM_NOW_ON = "max-age=31536000";
/** gRPC needs HTTP/2, and has a port of its own. */
const protocols = { grpc: false };
const FORM_CONTENT_TYPE = "application/x-www-form-urlencoded";
/** What routes that read their bodies themselves take. */
const streamTypes = [
  ["form", "multipart/form-data"],
  ["file", "*"],
  ["gzip", "*"],
] as const;
const JSON_CONTENT_TYPE = "application/json";

export interface HttpServerDeps extends Pick<
  HttpContext,
  "site" | "correlation" | "rates" | "logger" | "isStopping"
> {
  readonly rpc: RpcRoutes;
  readonly routes: readonly Route[];
  readonly gate: Gate;
  /** The client's address of a request, past the trusted proxies. */
  readonly clientAddressOf: ClientAddress;
  readonly metrics: HttpMetrics & Pick<CallMetrics, "errorTold">;
  readonly accessLog: AccessLog;
  /** Undefined: without TLS. */
  readonly tls?: ServerTls | undefined;
  /** Undefined: no traces. */
  readonly tracing?: Tracing | undefined;
}

/** Headers of every answer that sets no others: it is for one user, of the type it says, and for our page only. */
const defaultHeaders = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/**
 * Starts the HTTP port: the routes given, and all RPCs as gRPC-Web and Connect.
 *
 * @throws PipitError PORT_IN_USE, CONFIG_INVALID
 */
export async function startHttpServer(address: ListenAddress, deps: HttpServerDeps): Promise<ListeningPort> {
  const uploads = new Uploads();
  const app = createApp(deps, uploads);
  app.addHook("onRequest", (request, reply, done) => {
    const id = adoptCorrelationId(request.raw.headers);
    reply.header(CORRELATION_HEADER, id);
    reply.headers(defaultHeaders);
    // A proxy would send its next request on this connection just as it is closed, and a POST it may not send twice. RPCs answer past the framework.
    if (deps.isStopping()) reply.raw.setHeader("connection", "close");
    deps.correlation.run(id, done);
  });
  if (deps.tracing !== undefined) traceRequests(app, deps.tracing);
  refuseExpectations(app.server);
  endStuckAnswers(app);
  addSocketUpgrades(app);
  addClientAddress(app, deps.clientAddressOf);
  app.addHook("onRequest", (request, reply, done) => {
    refuseRepeatedHeaders(request.raw);
    deps.site.checkHost(request.raw.headers);
    if (deps.site.isPublicTls(request.raw.headers))
      reply.header("strict-transport-security", TLS_FROM_NOW_ON);
    done();
  });
  // Once more: a body arrives in events of the socket, which know nothing of the request.
  app.addHook("preHandler", (request, _reply, done) => {
    deps.correlation.run(String(request.raw.headers[CORRELATION_HEADER]), done);
  });
  // What is away or busy is asked again, and not at once; where an error knows better it has said so.
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (reply.statusCode === 503 && !reply.hasHeader("retry-after")) reply.header("retry-after", "1");
    done(null, payload);
  });
  deps.rates.addTo(app);
  measureRequests(app, deps.metrics);
  logRequests(app, deps.accessLog);
  app.setErrorHandler((error, request, reply) => sendError(deps, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    if (opensPage(request)) return sendMissingAddress(request, reply);
    throw new HttpError(404, `There is nothing at ${request.method} ${pathOf(request)}.`);
  });
  app.removeAllContentTypeParsers();
  // In scopes of their own: RPCs read JSON bodies themselves.
  app.register(async (scope) => {
    addBodyParsers(scope);
    const routes = deps.routes.filter(({ stream }) => stream === undefined);
    addRoutes(scope, routes, deps.gate);
  });
  for (const [kind, type] of streamTypes) {
    app.register(async (scope) => {
      scope.addContentTypeParser(type, (_request, body, done) => done(null, body));
      if (kind === "file") scope.addHook("onRequest", async (request, reply) => uploads.add(request, reply));
      const routes = deps.routes.filter(({ stream }) => stream === kind);
      addRoutes(scope, routes, deps.gate);
    });
  }
  addRpcs(app, deps);
  try {
    await app.listen({ host: address.host, port: address.port });
  } catch (error) {
    await app.close();
    throw listenError(error, address, "--http");
  }
  return {
    address: { host: address.host, port: (app.server.address() as AddressInfo).port },
    close: () => app.close(),
    destroy: () => app.server.closeAllConnections(),
  };
}

/** The framework on a listener of HTTP, or of HTTPS, which is one of HTTP to all that works with it. */
function createApp(deps: HttpServerDeps, uploads: Uploads): FastifyInstance {
  const options: Omit<FastifyServerOptions, "serverFactory"> = {
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // The framework would believe a proxy's word about host and scheme as well; see clientAddress below.
    trustProxy: false,
    // A connection that is still open while we stop gets its answer, ours, and is closed after it.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    // No route has a schema for the framework to check, and loading its schema compilers would take a tenth of a start.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // An address that cannot be decoded, before any route.
    frameworkErrors: (error, request, reply) =>
      void (opensPage(request) ? sendMissingAddress(request, reply) : sendError(deps, error, request, reply)),
    clientErrorHandler: createClientErrorAnswer(deps.logger, (socket) => uploads.has(socket)),
  };
  // Node would refuse a request without Host by itself, with an answer that says nothing.
  const listener = { requireHostHeader: false, ...probedConnections, ...socketsAt([EVENTS_PATH]) };
  const { tls } = deps;
  if (tls === undefined) return fastify({ ...options, http: listener });
  const app = fastify({ ...options, https: { ...listener, ...tls.options } });
  tls.follow(app.server);
  return app as unknown as FastifyInstance;
}

function noCompiler(): never {
  throw new PipitError(
    "INTERNAL",
    "Routes check their input themselves; the HTTP server compiles no schemas.",
  );
}

/**
 * Forms as URLSearchParams and JSON as what it says, and nothing else. A route takes the one it wants; a form that a
 * foreign page sends is never taken for JSON.
 */
function addBodyParsers(app: FastifyInstance): void {
  app.addContentTypeParser(FORM_CONTENT_TYPE, { parseAs: "string" }, (_request, body, done) => {
    done(null, new URLSearchParams(String(body)));
  });
  app.addContentTypeParser(JSON_CONTENT_TYPE, { parseAs: "string" }, (_request, body, done) => {
    try {
      // Clients name a type for the body that a request of theirs happens not to have.
      done(null, body === "" ? undefined : parseJsonBody(String(body)));
    } catch (error) {
      done(error as HttpError, undefined);
    }
  });
}

function addRpcs(app: FastifyInstance, { rpc, site, clientAddressOf }: HttpServerDeps): void {
  app.register(fastifyConnectPlugin, {
    ...rpc.options,
    interceptors: [webStreams, ...(rpc.options.interceptors ?? [])],
    routes: rpc.routes(protocols),
    ...protocols,
    contextValues: (request) =>
      createContextValues()
        .set(endedKey, (call) => void (request.endedCall = call))
        .set(peerKey, peerOf(request.raw, clientAddressOf))
        .set(originKey, originOf(request))
        .set(pageKey, pageCredentialsOf(site, request.raw))
        .set(correlationKey, String(request.raw.headers[CORRELATION_HEADER] ?? "")),
  });
}
