import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { isClosed } from "#server/domain/fetch-again.ts";
import { decoded } from "./content-encoding.ts";

/** What a POST needs; the body is text. */
export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** An answer whose body is still to be read. */
export type PostReply = Readable & {
  readonly statusCode?: number | undefined;
  readonly headers: IncomingHttpHeaders;
};

export type Post = (url: string, request: PostRequest) => Promise<PostReply>;

const MAX_REDIRECTS = 3;

/**
 * POSTs over HTTP/1.1, on a connection of the process's pool. A pooled connection that the server has closed in the meantime
 * answers nothing: then the request is sent once more, on a new connection (RFC 9112, section 9.3.1). Redirects that
 * keep the method are followed on the same host and port, also to its https: the key belongs to no other. Throws what Node throws; an abort destroys the connection.
 */
export async function post(url: string, request: PostRequest): Promise<PostReply> {
  let target = new URL(url);
  if (target.username !== "" || target.password !== "") throw new TypeError("URL includes credentials");
  for (let redirects = 0; ; redirects += 1) {
    const reply = await exchange(target, request);
    const next = redirects < MAX_REDIRECTS ? redirectOf(reply, target) : undefined;
    if (next === undefined) return decoded(reply);
    reply.resume();
    target = next;
  }
}

async function exchange(target: URL, request: PostRequest): Promise<IncomingMessage> {
  const first = Promise.withResolvers<IncomingMessage>();
  const sent = send(target, request, undefined, first);
  try {
    const reply = await first.promise;
    // What a server says to a pooled connection that it closes for its silence (RFC 9110, section 15.5.9).
    if (reply.statusCode !== 408 || !sent.reusedSocket) return reply;
    reply.resume();
  } catch (error) {
    if (!sent.reusedSocket || request.signal.aborted || !isClosed(error)) throw error;
  }
  const again = Promise.withResolvers<IncomingMessage>();
  const fresh = target.protocol === "https:" ? new TlsAgent() : new Agent();
  send(target, request, fresh, again);
  return again.promise;
}

function send(
  target: URL,
  { headers, body, signal }: PostRequest,
  agent: Agent | undefined,
  { resolve, reject }: PromiseWithResolvers<IncomingMessage>,
) {
  const make = target.protocol === "https:" ? httpsRequest : httpRequest;
  const sent = make(target, { method: "POST", headers, signal, ...(agent === undefined ? {} : { agent }) });
  sent.once("response", resolve);
  // Also what comes after the answer has begun: the body then fails, and tells it.
  sent.on("error", reject);
  sent.end(body);
  return sent;
}

function redirectOf(reply: IncomingMessage, from: URL): URL | undefined {
  const to = reply.headers.location;
  if ((reply.statusCode !== 307 && reply.statusCode !== 308) || to === undefined) return undefined;
  const next = URL.parse(to, from.href);
  if (next === null || next.hostname !== from.hostname) return undefined;
  const isSame = next.protocol === from.protocol && next.port === from.port;
  return isSame || (next.protocol === "https:" && next.port === "") ? next : undefined;
}
