import type { IncomingHttpHeaders } from "node:http";
import { isIP, isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";
import { PipitError } from "#contract/pipit-error.ts";

/** Groups of an IPv6 address that one household or host commonly has to itself: a /64. */
const NETWORK_GROUPS = 4;
/** Proxies in a row; no installation needs more. */
const MAX_HOPS = 20;
/** Longest forwarding header that is looked at. */
const MAX_HEADER_CHARS = 4096;
const UNKNOWN = "unknown";

/** A Node request, HTTP/1.1 or HTTP/2. */
export interface AddressedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/** The address that a request comes from: of IPv4 form where it is one; "unknown" for a socket that has gone. */
export type ClientAddress = (request: AddressedRequest) => string;

/**
 * Reads X-Forwarded-For and Forwarded (RFC 7239), but only what trusted proxies wrote: from the right, past those
 * proxies, to the first address that is none of them. What is no address ends the way there, and where both headers
 * stand and tell different things (a proxy passes on the one that it does not write), the proxy's own address counts.
 *
 * Throws CONFIG_INVALID for an entry that is neither an address nor a network.
 *
 * @param trustedProxies addresses and networks, e.g. ["10.0.0.0/8", "::1"]
 * @example const clientAddressOf = createClientAddress(config.trustedProxies);
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = createNetworks(trustedProxies);

  const walk = (nearest: string, hops: readonly string[]): string => {
    let address = nearest;
    for (const hop of hops.toReversed().slice(0, MAX_HOPS)) {
      if (!isTrusted(address)) break;
      const before = parseHop(hop);
      if (before === undefined) break;
      address = before;
    }
    return address;
  };

  return ({ socket, headers }) => {
    const nearest = plainAddress(socket.remoteAddress) ?? UNKNOWN;
    if (!isTrusted(nearest)) return nearest;
    const told = [xForwardedFor(headers), forwarded(headers)]
      .filter((hops) => hops !== undefined)
      .map((hops) => walk(nearest, hops));
    const [first = nearest, ...others] = told;
    return others.every((other) => other === first) ? first : nearest;
  };
}

/**
 * Whether an address is one of these, or in one of these networks. Throws as {@link createClientAddress}.
 *
 * @param entries as there
 */
export function createNetworks(entries: readonly string[]): (address: string | undefined) => boolean {
  const networks = entries.map(networkOf);
  return (address) => {
    const parsed = parseAddress(address);
    if (parsed === undefined) return false;
    return networks.some(
      ([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits),
    );
  };
}

/** The peer that attempts are counted for: an IPv4 address, or the /64 of an IPv6 one, which one peer may fill. */
export function peerKeyOf(address: string | undefined): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return UNKNOWN;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const groups = parsed.toNormalizedString().split(":");
  return groups.slice(0, NETWORK_GROUPS).join(":");
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Without a zone; of IPv4 form where it is one. The library alone would also take "10.1" and "0x7f.1". */
function parseAddress(text: string | undefined): Address | undefined {
  const bare = text?.split("%", 1)[0] ?? "";
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare);
}

/** One spelling for each address; undefined for what is none. */
export function plainAddress(text: string | undefined): string | undefined {
  return parseAddress(text)?.toNormalizedString();
}

/** An address as proxies write it: with or without a port, IPv6 in brackets or bare. */
function parseHop(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1];
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text)?.[1];
  return plainAddress(bracketed ?? withPort ?? text);
}

/** The hops of a header that is there, the nearest last. One that is too long names no client. */
function xForwardedFor(headers: IncomingHttpHeaders): readonly string[] | undefined {
  const text = headerText(headers["x-forwarded-for"]);
  return text?.split(",").map((hop) => hop.trim());
}

function forwarded(headers: IncomingHttpHeaders): readonly string[] | undefined {
  const text = headerText(headers.forwarded);
  return text?.split(",").map((element) => {
    const pair = element.split(";").find((part) => /^\s*for=/i.test(part));
    return (pair ?? "")
      .trim()
      .slice("for=".length)
      .replace(/^"(.*)"$/, "$1");
  });
}

function headerText(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === "object" ? value.join(",") : value;
  return text !== undefined && text.length > MAX_HEADER_CHARS ? "" : text;
}

function networkOf(entry: string): readonly [network: Address, bits: number] {
  const [address = "", bits, ...rest] = entry.trim().split("/");
  const network = parseAddress(address);
  const longest = isIPv4(address) ? 32 : 128;
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  // An IPv4 address in IPv6 spelling has a prefix that counts other bits.
  const respelled = network?.kind() === "ipv4" && !isIPv4(address);
  if (network === undefined || respelled || rest.length > 0 || !(prefix <= longest)) {
    throw new PipitError(
      "CONFIG_INVALID",
      `"${entry}" is no address and no network. Write one, like 10.0.0.7, 10.0.0.0/8 or fd00::/8.`,
    );
  }
  return [network, prefix];
}
