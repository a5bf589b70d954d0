import type { IncomingHttpHeaders } from "node:http";
import { createContextKey, type ContextValues } from "@connectrpc/connect";
import type { PageCredentials } from "#server/domain/access/authenticate.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Peer } from "#server/domain/access/peer.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { CORRELATION_HEADER } from "#server/observe/correlation.ts";

/** A longer name of a browser or program says nothing more. */
const MAX_USER_AGENT_CHARS = 256;

/** Set by the auth interceptor; absent only on public services (health, reflection). */
export const callerKey = createContextKey<Caller | undefined>(undefined, { description: "caller" });
/** Correlation id of the call, in every log line of it. */
export const correlationKey = createContextKey<string>("", { description: "correlation id" });
/** Where a call comes from, for limits, the audit and the list of sessions; set by both ports. */
export const originKey = createContextKey<AuditOrigin>(
  { ip: undefined, userAgent: undefined, correlationId: undefined },
  { description: "origin" },
);
/** Where the call comes from; set by both ports. Unset means unknown, which is never local. */
export const peerKey = createContextKey<Peer>({ local: false, page: false }, { description: "peer" });
/** The cookie of the server's page; set by the HTTP port alone, so the gRPC port never takes one. */
export const pageKey = createContextKey<PageCredentials | undefined>(undefined, { description: "page" });

/** @param ip past the trusted proxies */
export function originFrom(headers: IncomingHttpHeaders, ip: string): AuditOrigin {
  const correlationId = headers[CORRELATION_HEADER];
  return {
    ip,
    userAgent: headers["user-agent"]?.slice(0, MAX_USER_AGENT_CHARS),
    correlationId: typeof correlationId === "string" ? correlationId : undefined,
  };
}

/** Whose places a call takes beside its account's: those of the network that it comes from. */
export function networkOf(values: ContextValues): string | undefined {
  const { ip } = values.get(originKey);
  return ip === undefined ? undefined : peerKeyOf(ip);
}
