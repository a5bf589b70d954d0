import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server whose answers begin like JSON and do not end; `closed` tells how many bytes were taken of the first one. */
export async function startEndlessServer() {
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  const piece = Buffer.alloc(65_536, "x");
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write('{"models":"');
    const go = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", go);
    response.on("close", () => resolve(response.socket?.bytesWritten ?? 0));
    go();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
