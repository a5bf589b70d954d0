import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { whenOpen } from "./event-socket.ts";

test("a server that does not read what it is sent is left", async () => {
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  try {
    await once(sockets, "listening");
    sockets.on("connection", (socket) => socket.pause());
    const { port } = sockets.address() as AddressInfo;
    const plain = new WebSocket(`ws://127.0.0.1:${port}`);
    const socket = await whenOpen(plain, () => undefined, new AbortController().signal);
    const text = "x".repeat(1024 * 1024);
    for (let sent = 0; sent < 40; sent += 1) socket.send(text);
    await socket.closed;
    expect(plain.readyState).not.toBe(WebSocket.OPEN);
    plain.terminate();
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  }
});
