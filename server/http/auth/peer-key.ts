import { isIPv6 } from "node:net";

/** Groups of an IPv6 address that one household or host commonly has to itself: a /64. */
const NETWORK_GROUPS = 4;

/** Whom attempts are counted for: an IPv4 address, or the /64 of an IPv6 one, of which a peer has as many as it likes. */
export function peerKeyOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = (plain.split("%", 1)[0] ?? "").split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].slice(0, NETWORK_GROUPS).join(":");
}
