import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { PipitError } from "#contract/pipit-error.ts";

/** Groups of an IPv6 address that one household or host commonly has to itself: a /64. */
const NETWORK_GROUPS = 4;
/** Proxies in a row; nobody has more. */
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
  const isTrusted = createProxyTrust(trustedProxies);

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
 * Whether an address is that of a proxy whose word counts. Throws as {@link createClientAddress}.
 *
 * @param trustedProxies as there
 */
export function createProxyTrust(
  trustedProxies: readonly string[],
): (address: string | undefined) => boolean {
  const trusted = new BlockList();
  for (const entry of trustedProxies) addNetwork(trusted, entry);
  return (address) => {
    const plain = plainAddress(address);
    return plain !== undefined && trusted.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
  };
}

/** Whom attempts are counted for: an IPv4 address, or the /64 of an IPv6 one, of which a peer has as many as it likes. */
export function peerKeyOf(address: string | undefined): string {
  const plain = plainAddress(address);
  if (plain === undefined) return UNKNOWN;
  return isIPv4(plain) ? plain : groupsOf(plain).slice(0, NETWORK_GROUPS).map(hex).join(":");
}

/** One spelling for each address, without a zone; undefined for what is none. */
function plainAddress(text: string | undefined): string | undefined {
  const bare = text?.split("%", 1)[0];
  if (bare === undefined || isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return undefined;
  const groups = groupsOf(bare);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped
    ? groups
        .slice(6)
        .flatMap((group) => [group >> 8, group & 0xff])
        .join(".")
    : groups.map(hex).join(":");
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const withoutDots = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${hex((a << 8) | b)}:${hex((c << 8) | d)}`;
  });
  const [head = "", tail] = withoutDots.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

function hex(group: number): string {
  return group.toString(16);
}

/** An address as proxies write it: with or without a port, IPv6 in brackets or bare. */
function parseHop(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1];
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text)?.[1];
  return plainAddress(bracketed ?? withPort ?? text);
}

/** The hops of a header that is there, the nearest last. One that is too long names nobody. */
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

function addNetwork(list: BlockList, entry: string): void {
  const [address = "", bits, ...rest] = entry.trim().split("/");
  const plain = plainAddress(address);
  const longest = isIPv4(address) ? 32 : 128;
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  // An IPv4 address in IPv6 spelling has a prefix that counts other bits.
  if (plain === undefined || isIPv4(plain) !== isIPv4(address) || rest.length > 0 || !(prefix <= longest)) {
    throw new PipitError(
      "CONFIG_INVALID",
      `"${entry}" is no trusted proxy. Write an address or a network, like 10.0.0.7, 10.0.0.0/8 or fd00::/8.`,
      { field: "trusted_proxies" },
    );
  }
  list.addSubnet(plain, prefix, isIPv4(plain) ? "ipv4" : "ipv6");
}
