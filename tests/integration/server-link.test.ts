import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createClient } from "@connectrpc/connect";
import type { Credentials } from "#engine/ports.ts";
import { createRpcTransport } from "#engine/wire/rpc-transport.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
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
    home,
    httpUrl: `http://127.0.0.1:${http}`,
    grpcUrl: `127.0.0.1:${grpc}`,
    spawn: false,
    serverEntry: "",
    logger,
  });
  const credentials: Credentials = {
    async attach(headers) {
      headers.set("authorization", `Bearer ${token}`);
      return { accountId: "local" };
    },
    renewAfter: async () => undefined,
    refuse: async () => undefined,
  };
  const transport = createRpcTransport(link.rpc, credentials);
  const health = () => link.http.request({ method: "GET", path: "/health" }, signal);
  const interrupt = async () => {
    const client = createClient(StreamingService, transport);
    const { interruptedSessions } = await client.interruptSession(
      { hardwareId: "11111111-1111-1111-8111-111111111111" },
      { signal },
    );
    return interruptedSessions;
  };
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
