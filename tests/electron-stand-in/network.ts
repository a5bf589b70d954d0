import type { CdpSession } from "./chromium/cdp.ts";
import { schemes, type ProtocolHandler, type Session } from "./session.ts";

interface PausedRequest {
  readonly requestId: string;
  readonly networkId?: string;
  readonly frameId: string;
  readonly resourceType: string;
  readonly redirectedRequestId?: string;
  readonly request: {
    readonly url: string;
    readonly urlFragment?: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly postData?: string;
  };
}

/** A document request that the page itself began, or that a server redirected. */
export interface NavigationRequest {
  readonly url: string;
  readonly frameId: string;
  readonly redirected: boolean;
}

export interface NetworkOptions {
  readonly cdp: CdpSession;
  readonly session: Session;
  /** False stops the navigation before a byte is asked for. */
  readonly mayNavigate: (request: NavigationRequest) => boolean;
}

/**
 * Stands in every request of a window: asks main about navigations, gives `app://` to main's protocol handler, and lets
 * Chromium apply what the handler answered, status, headers and content policy included.
 */
export async function followRequests(options: NetworkOptions): Promise<void> {
  const { cdp } = options;
  cdp.on("Fetch.requestPaused", (paused: PausedRequest) => {
    answer(options, paused).catch(() => {
      cdp.sendQuietly("Fetch.failRequest", { requestId: paused.requestId, errorReason: "Failed" });
    });
  });
  await cdp.send("Fetch.enable", { patterns: [{ urlPattern: "*" }] });
}

let lastRequest = 0;

async function answer(options: NetworkOptions, paused: PausedRequest): Promise<void> {
  const { cdp, session, mayNavigate } = options;
  const { requestId, request, resourceType, frameId } = paused;
  const url = schemes.fromChromium(request.url + (request.urlFragment ?? ""));
  const fail = (errorReason: string) => cdp.send("Fetch.failRequest", { requestId, errorReason });
  const redirected = paused.redirectedRequestId !== undefined;
  if (resourceType === "Document" && !mayNavigate({ url, frameId, redirected }))
    return void (await fail("Aborted"));
  lastRequest += 1;
  const electronType = resourceTypes[resourceType] ?? "other";
  const details = { id: lastRequest, url, method: request.method, resourceType: electronType };
  if (!(await session.webRequest.allows(details))) return void (await fail("BlockedByClient"));
  if (url === request.url + (request.urlFragment ?? ""))
    return void (await cdp.send("Fetch.continueRequest", { requestId }));
  const handler = handlerOf(session, url, resourceType);
  if (handler === undefined) return void (await fail("AddressUnreachable"));
  const response = await handler(toRequest(url, request));
  await cdp.send("Fetch.fulfillRequest", { requestId, ...(await fulfilment(response)) });
}

function handlerOf(session: Session, url: string, resourceType: string): ProtocolHandler | undefined {
  const scheme = new URL(url).protocol.slice(0, -1);
  const fetching = resourceType === "Fetch" || resourceType === "XHR";
  const privileged = !fetching || schemes.privilegesOf(scheme)?.supportFetchAPI === true;
  return privileged ? session.protocol.handlerOf(scheme) : undefined;
}

function toRequest(url: string, request: PausedRequest["request"]): Request {
  const { method, postData } = request;
  const bodyless = method === "GET" || method === "HEAD";
  // A fragment never reaches a server, and no handler either.
  const address = url.replace(/#.*$/, "");
  return new Request(address, {
    method,
    headers: request.headers,
    ...(bodyless ? {} : { body: postData ?? null }),
  });
}

async function fulfilment(response: Response): Promise<object> {
  const body = Buffer.from(await response.arrayBuffer());
  return {
    responseCode: response.status === 0 ? 500 : response.status,
    responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
    body: body.toString("base64"),
  };
}

const resourceTypes: Readonly<Record<string, string>> = {
  Document: "mainFrame",
  Stylesheet: "stylesheet",
  Script: "script",
  Image: "image",
  Font: "font",
  XHR: "xhr",
  Fetch: "xhr",
  Ping: "ping",
  CSPViolationReport: "cspReport",
  Media: "media",
  WebSocket: "webSocket",
};
