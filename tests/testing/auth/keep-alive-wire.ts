import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";

/** An answer with everything that can leak. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON object; empty when it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface WireRequest {
  readonly method?: string;
  /** With the path as it stands. */
  readonly url: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** HTTP over connections that stay open, as busy clients have it. Disposing closes them. */
export interface Wire extends Disposable {
  send(request: WireRequest): Promise<WireAnswer>;
  /** POST of a form. */
  post(
    url: string,
    form: Readonly<Record<string, string>>,
    headers?: OutgoingHttpHeaders,
  ): Promise<WireAnswer>;
  /** POST of a form whose answer is lost: resolves once the server has begun to answer, and reads nothing of it. */
  postAndHangUp(url: string, form: Readonly<Record<string, string>>): Promise<void>;
}

const FORM_HEADERS = { "content-type": "application/x-www-form-urlencoded" };

/** @param ca PEM of the authority of a server or proxy with TLS; absent: without TLS */
export function openWire(maxSockets: number, ca?: string): Wire {
  const options = { keepAlive: true, maxSockets };
  const agent = ca === undefined ? new Agent(options) : new SecureAgent({ ...options, ca });
  const begin = ca === undefined ? request : secureRequest;
  const send: Wire["send"] = ({ method = "POST", url, headers = {}, body = "" }) =>
    new Promise((resolve, reject) => {
      // Node frames no body of a DELETE by itself.
      const framed = { "content-length": Buffer.byteLength(body), ...headers };
      const outgoing = begin(url, { method, headers: framed, agent }, (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on("data", (piece: Buffer) => pieces.push(piece));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const text = Buffer.concat(pieces).toString("utf8");
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: parse(text) });
        });
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return {
    send,
    post: (url, form, headers = {}) =>
      send({ url, headers: { ...FORM_HEADERS, ...headers }, body: new URLSearchParams(form).toString() }),
    postAndHangUp: (url, form) =>
      new Promise((resolve, reject) => {
        const outgoing = begin(url, { method: "POST", headers: FORM_HEADERS, agent }, (incoming) => {
          incoming.on("error", () => undefined);
          incoming.destroy();
          resolve();
        });
        outgoing.on("error", reject);
        outgoing.end(new URLSearchParams(form).toString());
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function parse(text: string): WireAnswer["body"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
