import { PipitError } from "./pipit-error.ts";

const PROTOCOLS: ReadonlySet<string> = new Set(["https:", "mailto:"]);

/**
 * The one rule for what may leave Pipit by a click: web pages over TLS and letters, normalised by the URL standard. Undefined for
 * everything else, and for addresses with a user name: a name before the host is how a link pretends to lead elsewhere.
 */
export function externalLink(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return PROTOCOLS.has(url.protocol) && url.username === "" && url.password === "" ? url : undefined;
}

/** As {@link externalLink}. @throws PipitError NOT_ALLOWED (`field` url) */
export function requireExternalLink(address: string): URL {
  const url = externalLink(address);
  if (url !== undefined) return url;
  throw new PipitError("NOT_ALLOWED", "Pipit opens only https and mailto links.", { field: "url" });
}
