import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { PageCredentials } from "#server/domain/access/authenticate.ts";
import type { Site } from "./site.ts";

/** Name of the cookie (docs/reference/accounts.md). `__Host-` would need `Secure`, which plain loopback cannot have. */
const SESSION_COOKIE = "session_token";
/** Makes a browser known at its next sign-in, so that strangers cannot lock it out; opens nothing by itself. */
const DEVICE_COOKIE = "pipit_device";
/** What an application asked for while the person has not answered, sealed; sent to the page of that question alone. */
const BEGUN_COOKIE = "pipit_begun";
/** Of http, of https, and ours. */
const USUAL_PORTS: ReadonlySet<string> = new Set(["", "80", "443", "8787"]);
/** Browsers keep no cookie longer (RFC 6265bis §5.5). */
const DEVICE_MAX_AGE_SECONDS = 400 * 24 * 60 * 60;
const deviceTokenShape = /^[\w.-]{1,128}$/;

/** A request of a browser, and the answer that its cookies go with. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * The name that a cookie has at this address. Browsers send cookies to all ports of a host (RFC 6265 §8.5), so servers
 * side by side would sign each other's people out: one at an unusual port has its port in the name.
 *
 * @param host header, or host of an address, by which the browser knows the server
 */
export function cookieNameAt(host: string | undefined, name: string): string {
  const port = /:(\d{1,5})$/.exec(host ?? "")?.[1] ?? "";
  return USUAL_PORTS.has(port) ? name : `${name}_${port}`;
}

/**
 * The session token that a browser sent. Two of them mean that something else on this host planted one: then neither
 * counts.
 */
export function readSessionCookie(headers: IncomingHttpHeaders): string | undefined {
  const [value, planted] = valuesOf(headers, SESSION_COOKIE);
  return planted === undefined ? value || undefined : undefined;
}

/**
 * What the cookie of a request says, and whether the server's own page sent it. To change something, the browser must
 * say so; to look, it is enough if it names no other page.
 */
export function pageCredentialsOf(
  site: Site,
  request: { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders },
): PageCredentials | undefined {
  const { method, headers } = request;
  const sessionToken = readSessionCookie(headers);
  if (sessionToken === undefined) return undefined;
  const looks = method === "GET" || method === "HEAD";
  return { sessionToken, fromOwnPage: looks ? !site.isForeignPage(headers) : site.isOwnPage(headers) };
}

/** Gives the browser a session. The cookie lives on for the second that has begun; the session itself ends in time. */
export function setSessionCookie(site: Site, exchange: Exchange, token: string, maxAgeMs: number): void {
  write(site, exchange, SESSION_COOKIE, token, Math.max(0, Math.ceil(maxAgeMs / 1000)));
}

/** Takes the session away from the browser. */
export function clearSessionCookie(site: Site, exchange: Exchange): void {
  write(site, exchange, SESSION_COOKIE, "", 0);
}

export function readDeviceCookie({ headers }: FastifyRequest): string | undefined {
  const [value] = valuesOf(headers, DEVICE_COOKIE);
  return value !== undefined && deviceTokenShape.test(value) ? value : undefined;
}

/** Keeps a token; "" keeps none. */
export function setDeviceCookie(site: Site, exchange: Exchange, token: string): void {
  if (token !== "") write(site, exchange, DEVICE_COOKIE, token, DEVICE_MAX_AGE_SECONDS);
}

export function readBegunCookie(headers: IncomingHttpHeaders): string | undefined {
  return valuesOf(headers, BEGUN_COOKIE)[0];
}

/** @param value "" with `maxAgeSeconds` 0 takes it away */
export function begunCookie(
  site: Site,
  headers: IncomingHttpHeaders,
  kept: { readonly path: string; readonly value: string; readonly maxAgeSeconds: number },
): string {
  return lineOf(site, headers, { name: BEGUN_COOKIE, ...kept });
}

function valuesOf({ cookie = "", host }: IncomingHttpHeaders, name: string): readonly string[] {
  const start = `${cookieNameAt(host, name)}=`;
  return cookie
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
    .map((pair) => pair.slice(start.length));
}

function write(
  site: Site,
  { request, reply }: Exchange,
  name: string,
  value: string,
  maxAgeSeconds: number,
): void {
  reply.header("set-cookie", lineOf(site, request.headers, { name, value, maxAgeSeconds, path: "/" }));
}

interface WrittenCookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly maxAgeSeconds: number;
}

function lineOf(
  site: Site,
  headers: IncomingHttpHeaders,
  { name, value, path, maxAgeSeconds }: WrittenCookie,
): string {
  const secure = site.needsSecureCookie(headers) ? "; Secure" : "";
  const attributes = `Max-Age=${maxAgeSeconds}; Path=${path}; HttpOnly; SameSite=Lax${secure}`;
  return `${cookieNameAt(headers.host, name)}=${value}; ${attributes}`;
}
