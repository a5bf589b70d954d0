import type { IncomingHttpHeaders } from "node:http";
import { BlockList } from "node:net";
import type { Peer } from "#server/domain/access/peer.ts";

/** Headers by which a proxy on this machine shows that the person sits elsewhere (RFC 7239 and its forerunners). */
const forwardingHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"] as const;

/** Reads the peer of a Node request, HTTP/1.1 or HTTP/2. */
export function peerOf(request: {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}): Peer {
  return {
    page: request.headers.origin !== undefined,
    local:
      isLoopbackAddress(request.socket.remoteAddress) &&
      forwardingHeaders.every((name) => request.headers[name] === undefined),
  };
}

/** True for 127.0.0.0/8, ::1 and 127.0.0.0/8 mapped into IPv6. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  return plain.includes(":") ? loopback.check(plain, "ipv6") : loopback.check(plain, "ipv4");
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");
