import type { AuthorizationServer, Client, HttpRequestOptions } from "oauth4webapi";
import { PipitError } from "#contract/pipit-error.ts";
import { isLoopbackHost } from "#engine/loopback.ts";
import type { HttpResponse } from "#engine/ports.ts";
import { readMetadata, type ServerMetadata } from "./discovery.ts";
import type { SessionDeps } from "./session-api.ts";

/** Requests go by `http`, which knows where the server is; of these addresses only the paths count. */
const ANY_HOST = "https://pipit.invalid";

export type OauthExchange = Awaited<ReturnType<typeof openExchange>>;
type Options = HttpRequestOptions<"POST", URLSearchParams>;

/**
 * Begins a sign-in at the server's pages, as its discovery describes them. The library is loaded here and not before:
 * a program starts without it.
 *
 * @throws PipitError as {@link readMetadata}
 */
export async function openExchange(
  { http, clientId, serverUrl }: Pick<SessionDeps, "http" | "clientId" | "serverUrl">,
  signal: AbortSignal,
) {
  const [oauth, metadata] = await Promise.all([import("oauth4webapi"), readMetadata(http, signal)]);
  const server: AuthorizationServer = {
    issuer: metadata.issuer,
    token_endpoint: `${ANY_HOST}/oauth/token`,
    device_authorization_endpoint: `${ANY_HOST}/oauth/device_authorization`,
    // RFC 9207: whoever leaves `iss` out does not get a code redeemed.
    authorization_response_iss_parameter_supported: true,
  };
  const client: Client = { client_id: clientId };
  return {
    oauth,
    server,
    client,
    metadata,
    /** Throws NOT_ALLOWED unless a page is one of this very server. */
    checkPage: (page: string): string => checkPage(page, serverUrl),
    /** Throws NOT_ALLOWED unless the server is who its address says (RFC 8414 §3.3). */
    checkIssuer: (): void => checkIssuer(metadata, serverUrl),
    /** Sends the request that `make` builds. @throws as HttpClient */
    async send(make: (options: Options) => Promise<unknown>): Promise<HttpResponse> {
      let response: HttpResponse | undefined;
      await make({
        [oauth.customFetch]: async (url, { headers, body }) => {
          const request = {
            method: "POST",
            path: new URL(url).pathname,
            headers,
            body: String(body),
          } as const;
          response = await http.request(request, signal);
          return new Response();
        },
      });
      if (response === undefined) throw new Error("The OAuth library sent nothing.");
      return response;
    },
  };
}

/** A server whose pages are elsewhere could send a person, and then the code, to a server that is not its own. */
function checkPage(page: string, serverUrl: string): string {
  const [theirs, ours] = [URL.parse(page), new URL(serverUrl)];
  if (theirs !== null && (theirs.origin === ours.origin || areLocal(theirs, ours))) return page;
  const place = theirs === null ? "what is no address" : `${theirs.protocol}//${theirs.host}`;
  const message = `The server at ${ours.origin} wants to sign you in at ${place}. Use that address as the server's, if it is the right one.`;
  throw new PipitError("NOT_ALLOWED", message);
}

/** Without this a server could pass on the code of another one that it claims to be (RFC 9207 §1). */
function checkIssuer({ issuer }: ServerMetadata, serverUrl: string): void {
  const theirs = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const ours = new URL(serverUrl);
  if (theirs !== undefined && (theirs.href === ours.href || areLocal(theirs, ours))) return;
  const message = `The server at ${ours.origin} calls itself ${issuer}. Use that address as the server's, if it is the right one, or sign in by password.`;
  throw new PipitError("NOT_ALLOWED", message);
}

/** This machine has many names, and its own server another port at each start. What is no web page opens a program. */
function areLocal(a: URL, b: URL): boolean {
  return [a, b].every(({ protocol, hostname }) => /^https?:$/u.test(protocol) && isLoopbackHost(hostname));
}
