import { isLoopbackHost } from "#engine/loopback.ts";

/** What was typed as a server's address. */
export type ReadAddress =
  /** Nothing: the server of this machine. */
  | { readonly kind: "own" }
  | { readonly kind: "address"; readonly url: string }
  | { readonly kind: "invalid" }
  /** Plain http to another machine would show the token to everyone on the way; `host` is for the cure. */
  | { readonly kind: "insecure"; readonly host: string }
  | { readonly kind: "credentials" };

/**
 * Reads a server's address as a person types it: without a scheme it is https, or http on this machine. The engine
 * checks again; this is for saying at once what is wrong.
 */
export function readServerAddress(typed: string): ReadAddress {
  const text = typed.trim();
  if (text === "") return { kind: "own" };
  const url = parse(text);
  if (url === undefined) return { kind: "invalid" };
  if (url.username !== "" || url.password !== "") return { kind: "credentials" };
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) return { kind: "insecure", host: url.host };
  return { kind: "address", url: `${url.origin}${url.pathname.replace(/\/+$/u, "")}` };
}

function parse(text: string): URL | undefined {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//iu.test(text) ? text : guessScheme(text);
  if (/\s/u.test(text) || !URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  return url.protocol === "https:" || url.protocol === "http:" ? url : undefined;
}

function guessScheme(text: string): string {
  const bare = `http://${text}`;
  return URL.canParse(bare) && isLoopbackHost(new URL(bare).hostname) ? bare : `https://${text}`;
}
