import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Provider } from "oidc-provider";
import { readBegunCookie } from "#server/http/kit/cookies.ts";
import { originOf } from "#server/http/kit/origin.ts";
import type { ProviderExchange } from "./oidc-context.ts";

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

/**
 * A request of its own for the library, with an unread body and without the headers it must not believe. (The body of the
 * original is read by the time a route runs.)
 *
 * @param url path and query
 */
export function toProviderRequest(
  request: FastifyRequest,
  { url, form }: { readonly url: string; readonly form?: URLSearchParams } = { url: request.url },
): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.method = request.method;
  message.url = url;
  message.httpVersion = "1.1";
  message.httpVersionMajor = 1;
  message.httpVersionMinor = 1;
  message.headers = { ...request.headers };
  for (const name of WITHHELD_HEADERS) delete message.headers[name];
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

/** What a request tells the library's callbacks. */
export function exchangeOf(request: FastifyRequest): ProviderExchange {
  return { origin: originOf(request), begun: { sent: readBegunCookie(request.headers) } };
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
