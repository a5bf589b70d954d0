const schemes = new Set(["http:", "https:", "mailto:"]);
/** As `openExternal` takes them. */
const maxChars = 8_192;

/** Where a link leads. */
export interface LinkTarget {
  /** Normalised by the URL standard: no spaces or control characters, names in Punycode. */
  readonly url: string;
  /** Host, or address of a `mailto:`; what a person should look at before following it. */
  readonly host: string;
}

/**
 * The target of a link in an answer; undefined for what must not become one: any scheme but http, https and mailto,
 * addresses without a scheme, and those with a user name (`https://bank.example@evil.example`).
 */
export function safeUrl(raw: string): LinkTarget | undefined {
  if (raw.length > maxChars || !URL.canParse(raw)) return undefined;
  const url = new URL(raw);
  const isSafe = schemes.has(url.protocol) && url.username === "" && url.password === "";
  if (!isSafe || url.href.length > maxChars) return undefined;
  return { url: url.href, host: url.protocol === "mailto:" ? url.pathname : url.host };
}

/** Characters that turn the direction of what follows, so that an address can be made to look like another. */
const directionMarks = /[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/g;

export function withoutDirectionMarks(text: string): string {
  return text.replace(directionMarks, "");
}
