import { invalidField } from "#server/domain/invalid-field.ts";

const MAX_URIS = 20;
const MAX_URI_CHARS = 2_000;
/** RFC 8252 §7.3: the address itself, never a name for it, which something else could resolve. */
const loopbackHosts: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]"]);
/** RFC 8252 §7.1: a domain of its owner, backwards; without a dot it has no owner. */
const privateScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

/**
 * The addresses that a client may be sent back to, as they are. They are later compared character by character (but for
 * the port of a loopback address), so each must be written in the one way that a URL parser writes it.
 *
 * @param field of the registration, for the error
 * @throws PipitError INVALID_REQUEST
 */
export function checkRedirectUris(
  uris: readonly string[],
  applicationType: "native" | "web",
  field: string,
): readonly string[] {
  if (uris.length > MAX_URIS) throw invalidField(field, `at most ${MAX_URIS} addresses are possible.`);
  for (const uri of uris) checkRedirectUri(uri, applicationType, field);
  return [...new Set(uris)];
}

function checkRedirectUri(uri: string, applicationType: "native" | "web", field: string): void {
  if (uri.length > MAX_URI_CHARS) {
    throw invalidField(field, `an address may have at most ${MAX_URI_CHARS} characters.`);
  }
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || !/^[\x21-\x7e]+$/.test(uri))
    throw invalidField(field, "this is no absolute address.");
  // RFC 6749 §3.1.2; an empty fragment is one, too.
  if (uri.includes("#")) throw invalidField(field, "an address must not have a fragment (#).");
  if (uri.includes("*"))
    throw invalidField(field, "an address must be exact: wildcards (*) are not possible.");
  if (url.username !== "" || url.password !== "")
    throw invalidField(field, "an address must not name a user.");
  checkScheme(url, applicationType, field);
  if (url.href !== uri && url.href !== `${uri}/`)
    throw invalidField(field, `write the address as ${url.href}`);
}

function checkScheme(url: URL, applicationType: "native" | "web", field: string): void {
  if (url.protocol === "https:") return;
  if (applicationType === "web")
    throw invalidField(field, "the address of a web client must begin with https:.");
  if (url.protocol === "http:") {
    if (loopbackHosts.has(url.hostname)) return;
    throw invalidField(
      field,
      "http is for this machine only: http://127.0.0.1/path or http://[::1]/path, at any port.",
    );
  }
  if (!privateScheme.test(url.protocol)) {
    throw invalidField(
      field,
      "the scheme must be https, or a domain of yours backwards, e.g. com.example.app:/callback.",
    );
  }
}
