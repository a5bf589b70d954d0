import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { toErrorAnswer, HttpError } from "./http-error.ts";

/** What Node's parser says (https://nodejs.org/api/http.html#event-clienterror), in the terms of this API. */
const faults: Readonly<Record<string, HttpError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new HttpError(408, "The request took too long to arrive."),
  HPE_HEADER_OVERFLOW: new HttpError(431, "The headers of the request are too large."),
};
const unreadable = new HttpError(400, "The request could not be read.");

/**
 * Answers what is no request of HTTP, before there is a path or a header to go by, and hangs up. It says so: a proxy that
 * keeps its connections for the requests of others would send the next one into a closed socket.
 */
export function answerClientError(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  if (!socket.writable) return void socket.destroy();
  const { status, body } = toErrorAnswer(faults[error.code ?? ""] ?? unreadable);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "connection: close",
    "cache-control: no-store",
    "x-content-type-options: nosniff",
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`, () => socket.destroy());
}
