import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import type { ServerResponse } from "node:http";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { endStuckAnswers } from "./gone-clients.ts";

const STUCK_MS = 200;

/** A client of a server that gives its answer by hand; the client reads when it is told to. */
async function startAnswer() {
  const answering = Promise.withResolvers<ServerResponse>();
  const app = fastify();
  onTestFinished(() => app.close());
  endStuckAnswers(app, STUCK_MS);
  app.get("/", (_request, reply) => {
    reply.hijack();
    answering.resolve(reply.raw);
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const client = connect((app.server.address() as AddressInfo).port, "127.0.0.1").pause();
  onTestFinished(() => void client.destroy());
  client.on("error", () => {});
  client.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  return { client, response: await answering.promise };
}

test("an answer of which its client takes nothing any more ends, and its client's place is free", async () => {
  const { response } = await startAnswer();
  response.write(Buffer.alloc(32 * 1024 * 1024));
  await once(response, "close");
  expect(response.writableFinished).toBe(false);
});

test("an answer with nothing to say for longer goes on", async () => {
  const { client, response } = await startAnswer();
  response.write("first ");
  const silent = Promise.withResolvers<void>();
  response.on("timeout", silent.resolve);
  await silent.promise;
  response.end("last");
  let heard = "";
  client.on("data", (piece) => (heard += String(piece))).resume();
  await once(client, "close");
  expect(heard).toMatch(/first [^]*last/);
});
