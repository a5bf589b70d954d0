import { isIP } from "node:net";

/**
 * True for a host name or address that can only mean this very machine: `localhost` (RFC 6761 §6.3), 127.0.0.0/8 and ::1.
 * IPv6 literals may stand in brackets, as in URLs.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const name = bare.toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}
