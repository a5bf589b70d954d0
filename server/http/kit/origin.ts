import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ClientAddress } from "#server/net/client-address.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { originFrom } from "#server/rpc/kit/call-context.ts";

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
  return originFrom(request.headers, request.clientAddress ?? request.ip);
}
