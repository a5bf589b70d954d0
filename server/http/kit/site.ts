import type { IncomingHttpHeaders } from "node:http";
import { PipitError } from "#contract/pipit-error.ts";
import type { ListenAddress } from "#server/net/listen-address.ts";
import { isOwnMachine } from "#server/net/peer.ts";

/** The names under which a browser may know this server, and what follows from them. */
export type Site = ReturnType<typeof createSite>;

/** @param publicUrl address by which browsers reach the server through a proxy, e.g. "https://pipit.example" */
export function createSite(listen: ListenAddress, publicUrl: string | undefined) {
  const publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl);
  const names = new Set([listen.host.toLowerCase(), publicOrigin?.hostname]);
  const checksHost = isOwnMachine(listen.host);

  /** Undefined when the browser names no origin. */
  const hasOwnOrigin = (headers: IncomingHttpHeaders): boolean | undefined => {
    const { origin, host } = headers;
    if (origin === undefined) return undefined;
    // Our referrer policy hides the origin of some requests of our own page (Fetch, "append a request Origin header").
    if (origin === "null" && headers["sec-fetch-site"] === "same-origin") return undefined;
    if (origin === publicOrigin?.origin) return true;
    const own = parseHost(host);
    if (own === undefined) return false;
    // The cookie is for TLS away from this machine; a plain page there comes from an attacker on the way.
    const schemes = isOwnMachine(own.hostname) ? ["http:", "https:"] : ["https:"];
    return schemes.some((scheme) => origin === `${scheme}//${own.host}`);
  };
  return {
    /**
     * Refuses a request for another name than this server's. On loopback that is how a page of some web site reaches a
     * server of this machine: it lets its own name point here ("DNS rebinding"), and is then of the same origin.
     *
     * @throws PipitError NOT_ALLOWED
     */
    checkHost({ host }: IncomingHttpHeaders): void {
      if (!checksHost) return;
      const name = parseHost(host)?.hostname;
      if (name !== undefined && (isOwnMachine(name) || names.has(name))) return;
      throw new PipitError(
        "NOT_ALLOWED",
        "This server is not known by that name. Use the address that it printed, or start it with --public-url.",
        { field: "host" },
      );
    },

    /** The name that people know the server by, and know as one with TLS. */
    isPublicTls({ host }: IncomingHttpHeaders): boolean {
      return publicOrigin?.protocol === "https:" && parseHost(host)?.hostname === publicOrigin.hostname;
    },

    /** The browser says that the server's own page made the request. */
    isOwnPage(headers: IncomingHttpHeaders): boolean {
      const site = headers["sec-fetch-site"];
      return hasOwnOrigin(headers) === undefined
        ? site === "same-origin"
        : hasOwnOrigin(headers) === true && (site === undefined || site === "same-origin");
    },

    /** The browser says that another page, of whatever site, made the request. False for programs, which say nothing. */
    isForeignPage(headers: IncomingHttpHeaders): boolean {
      const site = headers["sec-fetch-site"];
      return (
        hasOwnOrigin(headers) === false || (site !== undefined && site !== "same-origin" && site !== "none")
      );
    },

    /** Whether the browser should send a cookie over TLS only: always, but on the server's own machine. */
    needsSecureCookie({ origin, host }: IncomingHttpHeaders): boolean {
      const name = parseHost(host)?.hostname;
      return origin?.startsWith("https:") === true || name === undefined || !isOwnMachine(name);
    },
  };
}

/** Name and port as a browser writes them in an origin; undefined for what no browser sends. */
function parseHost(
  header: string | undefined,
): { readonly host: string; readonly hostname: string } | undefined {
  if (header === undefined || !/^[\w.:[\]-]+$/.test(header)) return undefined;
  const url = URL.parse(`http://${header}`);
  return url === null ? undefined : { host: url.host, hostname: url.hostname };
}
