import { fastify } from "fastify";
import { expect, test } from "vitest";
import { sendFile } from "./download.ts";

/** So many are read within seconds, and take far longer than the loop may be held. */
const PIECES = 100_000;

test("lets others be served while a file is read from a database that waits for nothing", async () => {
  await using server = fastify();
  const others = new AbortController();
  async function* pieces(): AsyncGenerator<string> {
    setImmediate(() => others.abort());
    for (let n = 0; n < PIECES && !others.signal.aborted; n += 1) yield "";
    yield others.signal.aborted ? "served meanwhile" : "served afterwards";
  }
  server.get("/", (_, reply) => sendFile(reply, { name: "chats.json", type: "application/json" }, pieces()));
  const { body } = await server.inject("/");
  expect(body).toBe("served meanwhile");
});
