import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { serveParent } from "./child-program.ts";

/** The least that can tell sockets: `ws` writes one text to all of them; nobody is asked who they are, and nothing is stored. */
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const event = JSON.stringify({
  type: "event",
  kind: "chat.renamed",
  seq: 1,
  cursor: "1-1",
  at: "2026-01-01",
});
const server = createServer((_request, response) => {
  for (const socket of sockets.clients) socket.send(event);
  response.end("{}");
});
server.on("upgrade", (request, socket, head) => {
  if (request.url?.startsWith(EVENTS_PATH) === true)
    sockets.handleUpgrade(request, socket, head, (open) => open.send('{"type":"snapshot"}'));
  else socket.destroy();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
await serveParent({ grpcUrl: "", httpUrl: `http://${address}` });
for (const socket of sockets.clients) socket.terminate();
server.close();
