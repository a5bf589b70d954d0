import type { IncomingHttpHeaders } from "node:http";
import { createClientAddress, createNetworks } from "#server/net/client-address.ts";
import { isLoopbackAddress, isLocalRequest } from "#server/net/peer.ts";

/** A Node request, HTTP/1.1 or HTTP/2. */
interface TransportedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean | undefined };
  readonly headers: IncomingHttpHeaders;
}

/**
 * Whether the request could not be read on its way (docs/reference/developer-api.md): it came by TLS, a trusted proxy
 * says that it did, or it never left this machine. What others say in X-Forwarded-Proto or Forwarded (RFC 7239 §5.4)
 * does not count; a request that came through a proxy which the operator does not trust may come from anywhere.
 */
export type IsSecureTransport = (request: TransportedRequest) => boolean;

/**
 * Throws CONFIG_INVALID for an entry that is neither an address nor a network.
 *
 * @param trustedProxies addresses and networks, e.g. ["10.0.0.0/8", "::1"]
 */
export function createSecureTransport(trustedProxies: readonly string[]): IsSecureTransport {
  const isTrustedProxy = createNetworks(trustedProxies);
  const clientAddressOf = createClientAddress(trustedProxies);
  return (request) => {
    const { socket, headers } = request;
    if (socket.encrypted === true) return true;
    const schemes = [lastOf(headers["x-forwarded-proto"]), lastProto(headers.forwarded)].filter(
      (scheme) => scheme !== undefined,
    );
    if (!isTrustedProxy(socket.remoteAddress)) return isLocalRequest(request) && schemes.length === 0;
    if (schemes.length > 0) return schemes.every((scheme) => scheme === "https");
    return isLoopbackAddress(socket.remoteAddress) && isLoopbackAddress(clientAddressOf(request));
  };
}

/** The word of the nearest proxy; what stands before it was written by a client or proxy further away. */
function lastOf(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === "object" ? value.join(",") : value;
  return text?.split(",").at(-1)?.trim().toLowerCase();
}

function lastProto(forwarded: string | undefined): string | undefined {
  const pair = lastOf(forwarded)
    ?.split(";")
    .find((part) => /^\s*proto=/.test(part));
  return pair
    ?.trim()
    .slice("proto=".length)
    .replace(/^"(.*)"$/, "$1");
}
