import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Connections on which a file is coming: it may take longer than any other body. Its reader ends one whose client has
 * stopped sending.
 */
export class Uploads {
  readonly #sockets = new WeakSet<Socket>();

  add(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    this.#sockets.add(socket);
    reply.raw.once("close", () => this.#sockets.delete(socket));
  }

  has(socket: Socket): boolean {
    return this.#sockets.has(socket);
  }
}
