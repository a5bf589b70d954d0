/** What a `pipit:` link may ask for: nothing is ever sent or changed by it. */
export type DeepLink = { readonly kind: "show" } | { readonly kind: "compose"; readonly text: string };

/** A longer link is no prompt of a user. */
const LINK_MAX_CHARS = 8_192;
const TEXT_MAX_CHARS = 4_096;

/** Parses what came from outside: `pipit://show` and `pipit://new?text=...`; undefined for everything else. */
export function parseDeepLink(link: string): DeepLink | undefined {
  if (link.length > LINK_MAX_CHARS || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  if (!isPlain(url)) return undefined;
  switch (url.host) {
    case "show":
      return url.search === "" ? { kind: "show" } : undefined;
    case "new":
      return parseNew(url.searchParams);
    default:
      return undefined;
  }
}

/** Only host and query: no path, user, port or fragment. */
function isPlain(url: URL): boolean {
  const rest = [url.username, url.password, url.port, url.hash, url.pathname.replace(/^\/$/u, "")];
  return url.protocol === "pipit:" && rest.every((part) => part === "");
}

function parseNew(query: URLSearchParams): DeepLink | undefined {
  const [first, ...others] = [...query];
  if (first === undefined) return { kind: "compose", text: "" };
  const [name, text] = first;
  if (name !== "text" || others.length > 0 || text.length > TEXT_MAX_CHARS) return undefined;
  return { kind: "compose", text: withoutControls(text) };
}

/** Line breaks and tabs are text; other control characters are not. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, "");
}
