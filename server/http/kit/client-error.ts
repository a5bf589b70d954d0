import { randomUUID } from "node:crypto";
import { STATUS_CODES, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "#contract/logger.ts";
import { adoptCorrelationId, CORRELATION_HEADER } from "#server/observe/correlation.ts";
import { toErrorAnswer, HttpError } from "./http-error.ts";

/** What Node's parser says (https://nodejs.org/api/http.html#event-clienterror), in the terms of this API. */
const faults: Readonly<Record<string, HttpError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new HttpError(408, "The request took too long to arrive."),
  HPE_HEADER_OVERFLOW: new HttpError(431, "The headers of the request are too large."),
};
const unreadable = new HttpError(400, "The request could not be read.");
const unexpected = new HttpError(417, "This server meets no expectation but 100-continue.");

/**
 * Answers what is no request of HTTP, before there is a path or a header to go by, and hangs up. It says so: a proxy that
 * keeps its connections for the requests of others would send the next one into a closed socket.
 *
 * @param mayTakeLong whether what comes on this connection has all the time it needs
 */
export function createClientErrorAnswer(
  logger: Logger,
  mayTakeLong: (socket: Socket) => boolean,
): (error: { readonly code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === "ECONNRESET" || socket.destroyed) return;
    if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && mayTakeLong(socket)) return;
    if (!socket.writable) return void socket.destroy();
    const { status, headers, text } = answerTo(faults[error.code ?? ""] ?? unreadable, randomUUID());
    logger.debug("http.unreadable", {
      correlationId: headers[CORRELATION_HEADER],
      reason: error.code,
      status,
    });
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...head, "", text].join("\r\n"), () =>
      socket.destroy(),
    );
  };
}

/** Answers requests with an `Expect` that Node knows nothing of (RFC 9110 §10.1.1); it would say 417 and nothing else. */
export function refuseExpectations(server: Server): void {
  server.on("checkExpectation", (request, response) => {
    const { status, headers, text } = answerTo(unexpected, adoptCorrelationId(request.headers));
    response.writeHead(status, headers).end(text);
  });
}

function answerTo(error: HttpError, correlationId: string) {
  const { status, body } = toErrorAnswer(error);
  const text = JSON.stringify(body);
  const headers: Readonly<Record<string, string>> = {
    [CORRELATION_HEADER]: correlationId,
    connection: "close",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(text)),
  };
  return { status, headers, text };
}
