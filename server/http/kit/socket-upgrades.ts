import { ServerResponse, type IncomingMessage, type ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { WebSocketServer, type WebSocket } from "ws";

/** Clients have nothing long to say. */
/** Of the answer to a request that became a socket. */
export const SWITCHING_PROTOCOLS = 101;
const MESSAGE_MAX_BYTES = 64 * 1024;
/** How long a peer may take to close in turn. */
const CLOSE_WITHIN_MS = 250;
/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;

declare module "fastify" {
  interface FastifyRequest {
    /** Makes the connection of a request for an upgrade a WebSocket; absent for all others. See {@link addSocketUpgrades}. */
    acceptSocket?: AcceptSocket;
  }
}

/** Answers the handshake (RFC 6455 §4.2.2). Undefined when the request is none after all, or the peer has gone; it is answered then. */
type AcceptSocket = (reply: FastifyReply) => WebSocket | undefined;

/**
 * Options of the HTTP server: only a request for a WebSocket at one of `paths` leaves HTTP. One for anything else, such as
 * h2c, is answered as if it had not asked (RFC 9110 §7.8).
 */
export function socketsAt(paths: readonly string[]): Pick<ServerOptions, "shouldUpgradeCallback"> {
  return {
    shouldUpgradeCallback: ({ url = "", headers }) =>
      headers.upgrade?.toLowerCase() === "websocket" && paths.includes(url.split("?", 1)[0] ?? ""),
  };
}

/**
 * Lets requests for a WebSocket go the way of all others, through hooks, gate and handler, whose refusal is then an
 * ordinary answer; to be called before routes are added. Sockets that are open when the server stops are told so.
 */
export function addSocketUpgrades(app: FastifyInstance): void {
  // Compression would take 300 KB per socket, for messages of a line.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_MAX_BYTES,
    perMessageDeflate: false,
  });
  const asked = new WeakMap<IncomingMessage, { readonly socket: Socket; readonly head: Buffer }>();
  app.decorateRequest("acceptSocket");
  app.addHook("onRequest", (request, _reply, done) => {
    const connection = asked.get(request.raw);
    if (connection !== undefined)
      request.acceptSocket = (reply) => accept(sockets, request, reply, connection);
    done();
  });
  app.server.on("upgrade", (request, socket: Socket, head) => {
    // A peer that breaks off now is no fault of ours.
    socket.on("error", () => socket.destroy());
    asked.set(request, { socket, head });
    app.routing(request, responseOn(socket, request));
  });
  app.addHook("preClose", (done) => {
    sockets.close();
    for (const socket of sockets.clients) closeSocket(socket, GOING_AWAY, "The server is stopping.");
    done();
  });
}

/** Says why, and does not wait for a peer that does not answer. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** For a refusal: Node makes no response for a connection that leaves HTTP. */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.once("finish", () => {
    if (response.socket === null) return;
    response.detachSocket(socket);
    socket.end();
  });
  return response;
}

function accept(
  sockets: WebSocketServer,
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { socket, head }: { readonly socket: Socket; readonly head: Buffer },
): WebSocket | undefined {
  reply.hijack();
  reply.raw.detachSocket(socket);
  reply.raw.statusCode = 101;
  let accepted: WebSocket | undefined;
  // Without a check of its own it calls back before it returns.
  sockets.handleUpgrade(raw, socket, head, (opened) => {
    accepted = opened;
  });
  // For what counts requests: this one has been answered.
  reply.raw.emit("finish");
  return accepted;
}
