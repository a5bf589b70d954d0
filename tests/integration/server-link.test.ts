import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createServerLink } from "#engine/node/backend/server-link.ts";
import { freePorts } from "./free-ports.ts";
import { startTestServer } from "./start-test-server.ts";

const logger = { debug() {}, info() {}, warn() {}, error() {} };

test("a link finds its server again after it went away", async ({ signal }) => {
  const [http = 0, grpc = 0] = await freePorts(2);
  const home = await mkdtemp(join(tmpdir(), "pipit-link-"));
  const config = { http: { host: "127.0.0.1", port: http }, grpc: { host: "127.0.0.1", port: grpc } };
  let token = "";
  await using link = createServerLink({
    server: {
      home,
      httpUrl: `http://127.0.0.1:${http}`,
      grpcUrl: `127.0.0.1:${grpc}`,
      spawn: false,
      serverEntry: "",
      logger,
    },
    accessToken: async () => token,
    logger,
  });
  const health = () => link.http.request({ method: "GET", path: "/health" }, signal);
  const interrupt = () => link.transport.interruptSession("11111111-1111-1111-8111-111111111111", signal);
  try {
    await expect(health()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    for (const _ of ["first", "again"]) {
      await using server = await startTestServer({ home, config });
      token = server.accessToken;
      expect((await health()).status).toBe(200);
      expect(await interrupt()).toEqual([]);
      expect(await link.connect(signal)).toMatchObject({ started: false, httpUrl: server.httpUrl });
    }
    await expect(interrupt()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(link.connect(AbortSignal.abort())).rejects.toThrow();
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
