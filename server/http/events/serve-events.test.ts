import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { PING_EVERY_MS } from "#contract/event-wire.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { serveEvents } from "./serve-events.ts";

const caller: Caller = { userId: "ann", clientId: "pipit-cli", scope: [], anonymous: false, kind: "user" };

let sockets: WebSocketServer;
let port: number;
/** Places that were given back. */
let given = 0;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(sockets, "listening");
  ({ port } = sockets.address() as AddressInfo);
  sockets.on("connection", (socket) =>
    serveEvents(socket, {
      caller,
      place: { [Symbol.dispose]: () => void (given += 1) },
      guard: { watch: () => ({ [Symbol.dispose]() {} }) },
      clock: { nowMs: () => 7 },
    }),
  );
});
afterAll(() => {
  sockets.close();
  vi.useRealTimers();
});

async function connect(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(socket, "message");
  return socket;
}

async function next(socket: WebSocket): Promise<unknown> {
  const [data] = (await once(socket, "message")) as [Buffer];
  return JSON.parse(data.toString());
}

test("a peer that answers is kept, one that is silent is dropped and gives its place back", async () => {
  const [alive, silent] = [await connect(), await connect()];
  const pinged = Promise.all([next(alive), next(silent)]);
  vi.advanceTimersByTime(PING_EVERY_MS);
  const ping = { type: "ping", timestamp: 7 };
  expect(await pinged).toEqual([ping, ping]);
  const heard = next(alive);
  alive.send('{"type":"pong","timestamp":7}');
  // When this one is answered, the one before has been read.
  alive.send('{"type":"ping","timestamp":"after it"}');
  expect(await heard).toEqual({ type: "pong", timestamp: "after it" });
  const dropped = once(silent, "close");
  const again = next(alive);
  vi.advanceTimersByTime(PING_EVERY_MS);
  await dropped;
  await expect.poll(() => given).toBe(1);
  expect(await again).toEqual(ping);
  alive.close();
  await expect.poll(() => given).toBe(2);
});

test("a ping with more levels than can be written back gets no answer, and ends no server", async () => {
  const socket = await connect();
  const answer = next(socket);
  socket.send(`{"type":"ping","timestamp":${"[".repeat(32_000)}${"]".repeat(32_000)}}`);
  socket.send('{"type":"ping","timestamp":1}');
  expect(await answer).toEqual({ type: "pong", timestamp: 1 });
  const closed = once(socket, "close");
  socket.close();
  await closed;
});

test("a peer that reads nothing of its answers is dropped", async () => {
  const socket = await connect();
  socket.on("error", () => undefined);
  socket.pause();
  const timestamp = "x".repeat(60 * 1024);
  const ask = (): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type: "ping", timestamp }), () => setImmediate(ask));
  };
  ask();
  // What it has not read hides the end from it.
  await expect.poll(() => sockets.clients.size).toBe(0);
  socket.terminate();
});
