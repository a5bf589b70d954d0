import { IncomingMessage, type IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Provider } from "oidc-provider";

/** Headers that say what only we decide: the library must neither see nor believe them. */
const WITHHELD_HEADERS: readonly string[] = [
  "authorization",
  "content-length",
  "content-type",
  "forwarded",
  "origin",
  "transfer-encoding",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
];
/** Headers that the library sets for pages of other sites; none may read these answers. */
const CROSS_ORIGIN_HEADERS = [
  "access-control-allow-origin",
  "access-control-expose-headers",
  "vary",
] as const;

export interface ProviderRequest {
  /** Path and query. */
  readonly url: string;
  readonly form?: URLSearchParams | undefined;
}

/**
 * A request of its own for the library, with an unread body and without the headers it must not believe. (The body of the
 * original is read by the time a route runs.)
 */
export function toProviderRequest(
  request: FastifyRequest,
  { url, form }: ProviderRequest = { url: request.url },
): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.method = request.method;
  message.url = url;
  message.httpVersion = "1.1";
  message.httpVersionMajor = 1;
  message.httpVersionMinor = 1;
  message.headers = withoutHeaders(request.headers);
  if (form !== undefined) {
    const body = Buffer.from(form.toString());
    message.headers["content-type"] = "application/x-www-form-urlencoded";
    message.headers["content-length"] = String(body.length);
    message.push(body);
  }
  message.push(null);
  message.complete = true;
  return message;
}

/** Lets the library answer, with our default headers on it. Resolves when it has. */
export async function answerByProvider(
  provider: Provider,
  message: IncomingMessage,
  reply: FastifyReply,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  await provider.callback()(message, raw);
}

/** To be called inside the library, when everything else of an answer is set. */
export function dropCrossOriginHeaders(remove: (name: string) => void): void {
  for (const name of CROSS_ORIGIN_HEADERS) remove(name);
}

function withoutHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = { ...headers };
  for (const name of WITHHELD_HEADERS) delete kept[name];
  return kept;
}
