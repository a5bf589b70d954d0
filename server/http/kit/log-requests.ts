import type { FastifyInstance } from "fastify";
import type { AccessLog } from "#server/observe/access-log.ts";
import { CORRELATION_HEADER } from "#server/observe/correlation.ts";
import type { EndedCall } from "#server/rpc/kit/measured-calls.ts";
import { SWITCHING_PROTOCOLS } from "./socket-upgrades.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Of who asks, once the gate has let them in. */
    accountId?: string;
    /** What a call by gRPC-Web or Connect came to. */
    endedCall?: EndedCall;
    /** What its connection had sent before. */
    sentBefore?: number;
  }
}

/** Tells `log` of each request of `app` when its answer is out; to be called before routes are added. */
export function logRequests(app: FastifyInstance, log: AccessLog): void {
  // Declared, so that all requests have one shape.
  for (const name of ["accountId", "endedCall", "sentBefore"] as const) app.decorateRequest(name);
  if (log === undefined) return;
  app.addHook("onRequest", (request, _reply, done) => {
    request.sentBefore = request.raw.socket.bytesWritten;
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { endedCall, raw } = request;
    log({
      method: request.method,
      route: request.is404 ? undefined : request.routeOptions.url,
      status: reply.statusCode,
      ...(endedCall && { rpc: endedCall.code }),
      durationMs: reply.elapsedTime,
      bytes: raw.socket.bytesWritten - (request.sentBefore ?? 0),
      client: request.clientAddress ?? request.ip,
      account: endedCall?.account ?? request.accountId,
      correlationId: String(raw.headers[CORRELATION_HEADER] ?? ""),
      // A socket's answer is its handshake, which is written past the response.
      cut: reply.statusCode !== SWITCHING_PROTOCOLS && !reply.raw.writableFinished,
    });
    done();
  });
}
