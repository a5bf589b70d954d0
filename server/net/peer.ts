import { BlockList } from "node:net";
import type { Peer } from "#server/domain/access/peer.ts";
import { bareHost } from "./listen-address.ts";
import { plainAddress, type AddressedRequest, type ClientAddress } from "./client-address.ts";

/** Headers by which a proxy on this machine shows that the person sits elsewhere (RFC 7239 and its forerunners). */
const forwardingHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"] as const;

/** Reads the peer of a request. */
export function peerOf(request: AddressedRequest, clientAddressOf: ClientAddress): Peer {
  const address = clientAddressOf(request);
  const isProxys = isRelayed(request) && address === plainAddress(request.socket.remoteAddress);
  return {
    page: request.headers.origin !== undefined,
    local: isLocalRequest(request),
    address: isProxys ? undefined : address,
  };
}

/** The socket ends on this machine, and no proxy says that it speaks for another client. */
export function isLocalRequest(request: AddressedRequest): boolean {
  return isLoopbackAddress(request.socket.remoteAddress) && !isRelayed(request);
}

function isRelayed({ headers }: AddressedRequest): boolean {
  return forwardingHeaders.some((name) => headers[name] !== undefined);
}

/** True for 127.0.0.0/8, ::1 and 127.0.0.0/8 mapped into IPv6. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  return plain.includes(":") ? loopback.check(plain, "ipv6") : loopback.check(plain, "ipv4");
}

/** True for what can only mean this machine in a setting or in the host of a URL; IPv6 in brackets or bare. */
export function isOwnMachine(host: string): boolean {
  return host === "localhost" || isLoopbackAddress(bareHost(host));
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");
