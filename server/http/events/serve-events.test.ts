import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { PING_EVERY_MS } from "#contract/events/event-wire.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { SyncPlace } from "#server/domain/sync/ports.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { quietSources } from "#server/testing/metric-sources.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { serveEvents, type EventsLink } from "./serve-events.ts";

const caller: Caller = { userId: "ann", clientId: "pipit-cli", scope: [], anonymous: false, kind: "user" };

/** An account to which nothing happens. */
const quietSync = {
  placeOf: async (): Promise<SyncPlace | undefined> => undefined,
  end: async () => ({ seq: 0, atMs: 0 }),
  after: async () => [],
  follow: () => ({ [Symbol.dispose]() {} }),
};

let sync: EventsLink["sync"] = quietSync;
/** Tells the socket that was opened last. */
let tellRooms: Parameters<EventsLink["rooms"]["listen"]>[0] = () => {};
let sockets: WebSocketServer;
let port: number;
const metrics = createMetrics(quietSources);
/** The samples of a metric, with their labels. */
async function counted(name: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).body.split("\n").filter((line) => line.startsWith(name));
  return lines.map((line) => line.slice(name.length).trim()).toSorted();
}
let isStopping = false;
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
      isStopping: () => isStopping,
      guard: { watch: () => ({ [Symbol.dispose]() {} }) },
      clock: { nowMs: () => 7 },
      // Anything: `sync` says what it is.
      cursor: "1-1",
      sync,
      chats: { list: async () => [] },
      live: { typing: async () => {}, present: async () => undefined },
      rooms: { listen: (onNews) => void (tellRooms = onNews), refresh: async () => {} },
      metrics,
      logger: createRecordingLogger(),
      pingEveryMs: PING_EVERY_MS,
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

test("a peer that reads slowly is told once to read all anew, and then what comes after that", async () => {
  const end = 1_000_000;
  const change = (seq: number) =>
    ({ userId: "ann", kind: "chat.changed", seq, atMs: 1, chatId: "c".repeat(1_000) }) as const;
  sync = {
    ...quietSync,
    placeOf: async () => ({ seq: 0, atMs: 0 }),
    end: async () => ({ seq: end, atMs: 1 }),
    after: async (_userId, { seq }, limit) =>
      seq >= end
        ? [change(end + 1)].filter((one) => one.seq > seq)
        : Array.from({ length: limit }, (_, at) => change(seq + at + 1)),
  };
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const heard: { readonly type: string; readonly seq?: number }[] = [];
  socket.on("message", (data) => {
    heard.push(JSON.parse((data as Buffer).toString()) as (typeof heard)[number]);
    socket.pause();
    setImmediate(() => socket.resume());
  });
  await expect.poll(() => heard.some(({ type }) => type === "resync"), { timeout: 60_000 }).toBe(true);
  await expect.poll(() => heard.at(-1)?.seq === end + 1, { timeout: 60_000 }).toBe(true);
  const told = heard.filter(({ type }) => type === "event").map(({ seq }) => seq);
  expect(told).toEqual([...told.slice(0, -1).map((_, at) => at + 1), end + 1]);
  expect(heard.filter(({ type }) => type === "resync")).toEqual([{ type: "resync", cursor: `${end}-1` }]);
  expect(await counted("pipit_socket_resyncs_total")).toEqual(["1"]);
  await expect.poll(() => counted("pipit_sockets")).toEqual(["1"]);
  sync = quietSync;
  socket.terminate();
  await expect.poll(() => counted("pipit_sockets")).toEqual(["0"]);
  // Those of the tests before this one, too.
  const closes = ['{reason="peer"} 3', '{reason="silent"} 1', '{reason="unread"} 1'];
  await expect.poll(() => counted("pipit_socket_closes_total")).toEqual(closes);
});

test("what is new in rooms is told without a cursor; to a peer that lags it is one more reason to read all anew", async () => {
  let end = 1;
  sync = {
    ...quietSync,
    placeOf: async () => ({ seq: 1, atMs: 0 }),
    end: async () => ({ seq: (end += 1), atMs: 1 }),
  };
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(socket, "open");
  const heard: string[] = [];
  socket.on("message", (data) => void heard.push((data as Buffer).toString().slice(0, 80)));
  const news = { kind: "room.message", seq: 7 } as const;
  tellRooms({ ...news, roomId: "r" });
  tellRooms({ ...news, kind: "room.read", roomId: "common" });
  await expect
    .poll(() => heard)
    .toEqual([
      '{"type":"event","kind":"room.message","room":"r","room_seq":7}',
      '{"type":"event","kind":"room.read","room_seq":7}',
    ]);
  socket.pause();
  const long = { ...news, roomId: "r".repeat(100_000) };
  for (let at = 0; at < 1_000; at += 1) tellRooms(long);
  socket.resume();
  await expect.poll(() => heard.at(-1)?.includes("resync"), { timeout: 60_000 }).toBe(true);
  // Those that the system and a megabyte of ours have kept for it.
  expect(heard.length).toBeLessThan(500);
  sync = quietSync;
  socket.terminate();
});

test("what a server that stops closes is counted apart from peers that leave", async () => {
  const socket = await connect();
  isStopping = true;
  socket.terminate();
  await expect.poll(() => counted('pipit_socket_closes_total{reason="stopping"}')).toEqual(["1"]);
  isStopping = false;
});
