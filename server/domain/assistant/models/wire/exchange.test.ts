import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Exchange, SILENCE } from "./exchange.ts";

test("F6: what came while this process was held up is a sign of life, and nothing is silence", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const client = connect(port, "127.0.0.1");
  const [[peer]] = await Promise.all([accepted, once(client, "connect")]);
  const exchange = new Exchange(20, undefined);
  const sign = exchange.wait(once(client, "data", { signal: exchange.signal }));
  // Timers run next, so that the one of the exchange is due before the byte, which has come, is read.
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      peer.write("!", () => undefined);
      for (const end = performance.now() + 60; performance.now() < end;);
      resolve();
    });
  });
  expect(String(await sign)).toBe("!");
  await expect(exchange.wait(once(client, "data", { signal: exchange.signal }))).rejects.toMatchObject({
    code: SILENCE,
  });
  exchange.end();
  client.destroy();
  peer.destroy();
  server.close();
});
