import type { FastifyRequest } from "fastify";
import { CORRELATION_HEADER } from "#server/correlation.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";

/** A longer name of a browser says nothing more. */
const MAX_USER_AGENT_CHARS = 256;

/**
 * Where a request comes from, for the audit and the list of sessions. The address is the framework's, which believes
 * a proxy's header only when the proxy is configured.
 */
export function originOf(request: FastifyRequest): AuditOrigin {
  const { headers } = request;
  const correlationId = headers[CORRELATION_HEADER];
  return {
    // An IPv4 peer of a socket that takes both families, in its usual spelling.
    ip: request.ip.replace(/^::ffff:(?=\d+\.)/i, ""),
    userAgent: headers["user-agent"]?.slice(0, MAX_USER_AGENT_CHARS),
    correlationId: typeof correlationId === "string" ? correlationId : undefined,
  };
}
