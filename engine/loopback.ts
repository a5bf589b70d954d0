const LOOPBACK_IPV4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/u;

/**
 * True for a host name or address that can only mean this very machine: `localhost` (RFC 6761 §6.3), 127.0.0.0/8 and ::1.
 * IPv6 literals may stand in brackets, as in URLs.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const name = bare.toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || name === "::1" || LOOPBACK_IPV4.test(name);
}
