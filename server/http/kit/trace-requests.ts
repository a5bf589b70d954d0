import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RequestSpan, Tracing } from "#server/observe/tracing.ts";
import { SWITCHING_PROTOCOLS } from "./socket-upgrades.ts";

/** Asked every few seconds by those who watch the server. */
const WATCHED = new Set(["/health", "/ready", "/metrics"]);

/** A span for every request of `app`; to be called before routes are added. */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  app.addHook("onRequest", (request, reply, done) => {
    const route = request.is404 ? undefined : request.routeOptions.url;
    if (WATCHED.has(route ?? "")) return done();
    const span = tracing.begin(request.raw);
    spans.set(request, span);
    // Also where the client has left. A call learns its status in the same moment.
    reply.raw.once("close", () => setImmediate(() => span.end(route, reply.statusCode)));
    span.run(done);
  });
  // The answer of a socket is its handshake, written past the response, which is never closed.
  app.addHook("onResponse", (request, reply, done) => {
    if (reply.statusCode === SWITCHING_PROTOCOLS) {
      spans.get(request)?.end(request.routeOptions.url, reply.statusCode);
    }
    done();
  });
  // Once more: a body arrives in events of the socket, which know nothing of the request.
  app.addHook("preHandler", (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
}
