import { createContextKey } from "@connectrpc/connect";
import type { AddressedRequest, ClientAddress } from "#server/net/client-address.ts";
import { CORRELATION_HEADER } from "#server/observe/correlation.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";

/** A longer name of a program says nothing more. */
const MAX_USER_AGENT_CHARS = 256;

/** Where a call comes from, for limits, the audit and the list of sessions; set by both ports. */
export const originKey = createContextKey<AuditOrigin>(
  { ip: undefined, userAgent: undefined, correlationId: undefined },
  { description: "origin" },
);

/** The origin of a request of the gRPC port. */
export function originOfCall(request: AddressedRequest, clientAddressOf: ClientAddress): AuditOrigin {
  const { headers } = request;
  const correlationId = headers[CORRELATION_HEADER];
  return {
    ip: clientAddressOf(request),
    userAgent: headers["user-agent"]?.slice(0, MAX_USER_AGENT_CHARS),
    correlationId: typeof correlationId === "string" ? correlationId : undefined,
  };
}
