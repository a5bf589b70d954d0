import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ClientAddress } from "#server/net/client-address.ts";
import { CORRELATION_HEADER } from "#server/observe/correlation.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";

/** A longer name of a browser says nothing more. */
const MAX_USER_AGENT_CHARS = 256;

declare module "fastify" {
  interface FastifyRequest {
    /** Where the request comes from, by what trusted proxies say; see {@link addClientAddress}. */
    clientAddress?: string;
  }
}

/** Lets {@link originOf} know the address behind trusted proxies; to be called before routes are added. */
export function addClientAddress(app: FastifyInstance, addressOf: ClientAddress): void {
  // Declared, so that all requests have one shape.
  app.decorateRequest("clientAddress");
  app.addHook("onRequest", (request, _reply, done) => {
    request.clientAddress = addressOf(request.raw);
    done();
  });
}

/** Where a request comes from, for limits, the audit and the list of sessions. */
export function originOf(request: FastifyRequest): AuditOrigin {
  const { headers } = request;
  const correlationId = headers[CORRELATION_HEADER];
  return {
    ip: request.clientAddress ?? request.ip,
    userAgent: headers["user-agent"]?.slice(0, MAX_USER_AGENT_CHARS),
    correlationId: typeof correlationId === "string" ? correlationId : undefined,
  };
}
