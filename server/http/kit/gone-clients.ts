import type { FastifyInstance } from "fastify";

/** How long a client may take nothing of what waits for it. */
const STUCK_MS = 30_000;

/**
 * Options of the HTTP server: a connection without a word for 30 s is probed by TCP, and ends when ten probes, a second
 * apart, are not answered (https://nodejs.org/api/net.html#socketsetkeepaliveenable-initialdelay). HTTP/1.1 has no ping.
 */
export const probedConnections = { keepAlive: true, keepAliveInitialDelay: 30_000 };

/**
 * Ends the connection of a client that takes nothing of its answer: it has vanished or has stopped reading, and what it
 * asked for would hold its place until TCP gives up, a quarter of an hour later or never. An answer with nothing to say
 * for as long goes on.
 */
export function endStuckAnswers(app: FastifyInstance, stuckMs = STUCK_MS): void {
  app.addHook("onRequest", (_request, reply, done) => {
    const { raw } = reply;
    raw.setTimeout(stuckMs, () => {
      if (raw.socket !== null && raw.socket.writableLength > 0) raw.socket.destroy();
    });
    done();
  });
}
