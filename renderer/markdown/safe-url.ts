import { carriesData, externalLink } from "#contract/external-link.ts";

/** A user cannot look through a longer one, and a text of a longer word may be torn in the middle of it. */
const maxChars = 2_048;

/** Where a link leads. */
export interface LinkTarget {
  /** Normalised by the URL standard: no spaces or control characters, names in Punycode. */
  readonly url: string;
  /** Host, or address of a `mailto:`; what a person should look at before following it. */
  readonly host: string;
}

/**
 * The target of a link in an answer; undefined for what must not become one: any scheme but https and mailto, addresses
 * without a scheme, and those with a user name (`https://bank.example@evil.example`).
 */
export function safeUrl(raw: string): LinkTarget | undefined {
  const url = parse(raw);
  if (url === undefined || externalLink(url.href) === undefined) return undefined;
  return { url: url.href, host: url.protocol === "mailto:" ? url.pathname : url.host };
}

/**
 * Whether a link may open at one click: its text is its address, so that the user has seen where it leads, and that
 * carries nothing along. A host with letters of other scripts is asked about: it can look like another one.
 */
export function opensUnasked(target: LinkTarget, text: string): boolean {
  const url = new URL(target.url);
  if (carriesData(url) || /(?:^|\.)xn--/u.test(url.host)) return false;
  return ["", "https://", "mailto:"].some((scheme) => {
    const shown = URL.canParse(scheme + text) ? new URL(scheme + text) : undefined;
    return shown !== undefined && essence(shown) === essence(url);
  });
}

/** What two addresses of one place have in common. */
function essence({ protocol, host, pathname, search, hash }: URL): string {
  return [protocol, host.replace(/^www\./u, ""), pathname.replace(/\/$/u, ""), search, hash].join(" ");
}

/** An address that Pipit does not open, because the network on the way can read and change it, but that may be read. */
export function plainHttpUrl(raw: string): string | undefined {
  const url = parse(raw);
  return url?.protocol === "http:" ? url.href : undefined;
}

function parse(raw: string): URL | undefined {
  if (raw.length > maxChars || !URL.canParse(raw)) return undefined;
  const url = new URL(raw);
  return url.username === "" && url.password === "" && url.href.length <= maxChars ? url : undefined;
}

/** Characters that turn the direction of what follows, so that an address can be made to look like another. */
const directionMarks = /[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/g;

export function withoutDirectionMarks(text: string): string {
  return text.replace(directionMarks, "");
}
