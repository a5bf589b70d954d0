import { PipitError } from "./pipit-error.ts";

const PROTOCOLS: ReadonlySet<string> = new Set(["https:", "mailto:"]);

/** The name of a heading. What is longer, or has signs of a query, may be anything. */
const PLAIN_FRAGMENT = /^#[\w.-]{1,40}$/u;

/**
 * The one rule for what may leave Pipit by a click: web pages over TLS and letters, normalised by the URL standard. Undefined for
 * everything else, and for addresses with a user name: a name before the host is how a link pretends to lead elsewhere.
 */
export function externalLink(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return PROTOCOLS.has(url.protocol) && url.username === "" && url.password === "" ? url : undefined;
}

/**
 * Whether an address takes more along than a place: a model that was talked into it by a page it has read sends with it
 * what it knows of the user. Such a one is opened only after the user has seen it whole.
 */
export function carriesData({ search, hash }: URL): boolean {
  return search !== "" || (hash !== "" && !PLAIN_FRAGMENT.test(hash));
}

/**
 * As {@link externalLink}; `asked`: the user has seen the whole address and said yes.
 *
 * @throws PipitError NOT_ALLOWED (`field` url), also for one that carries data and was not asked about
 */
export function requireExternalLink(address: string, asked = false): URL {
  const url = externalLink(address);
  if (url === undefined) {
    throw new PipitError("NOT_ALLOWED", "Pipit opens only https and mailto links.", { field: "url" });
  }
  if (asked || !carriesData(url)) return url;
  throw new PipitError("NOT_ALLOWED", "A link that carries data is opened only when you have seen it.", {
    field: "url",
  });
}
