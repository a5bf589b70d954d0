import type { FastifyReply } from "fastify";

/** Name of the cookie (docs/reference/accounts.md). `__Host-` would need `Secure`, which plain loopback cannot have. */
const SESSION_COOKIE = "session_token";

/**
 * The session token that a browser sent. Two of them mean that something else on this host planted one: then neither
 * counts.
 */
export function readSessionCookie(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const found = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`));
  const value = found.length === 1 ? found[0]?.slice(SESSION_COOKIE.length + 1) : undefined;
  return value === "" ? undefined : value;
}

/** Gives the browser a session. The cookie lives on for the second that has begun; the session itself ends in time. */
export function setSessionCookie(
  reply: FastifyReply,
  cookie: { readonly token: string; readonly maxAgeMs: number; readonly secure: boolean },
): void {
  write(reply, cookie.token, Math.max(0, Math.ceil(cookie.maxAgeMs / 1000)), cookie.secure);
}

/** Takes the session away from the browser. */
export function clearSessionCookie(reply: FastifyReply, secure: boolean): void {
  write(reply, "", 0, secure);
}

function write(reply: FastifyReply, value: string, maxAgeSeconds: number, secure: boolean): void {
  const attributes = `Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  reply.header("set-cookie", `${SESSION_COOKIE}=${value}; ${attributes}`);
}
