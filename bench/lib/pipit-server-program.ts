import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readServerConfig } from "#server/config/config.ts";
import { startServer } from "#server/compose/start-server.ts";
import { boundYoungHeap } from "#server/lifecycle/young-heap.ts";
import { signIn } from "#tests/integration/start-test-server.ts";
import { createBenchModel } from "./bench-model.ts";
import { serveParent } from "./child-program.ts";

/** The whole server as `pipit serve` builds it, with its own data folder; only the model is the benchmark's. */
const unlimited = Object.fromEntries(
  ["ANSWERS_PER_ACCOUNT", "ANSWERS_PER_ADDRESS", "SOCKETS_PER_ACCOUNT", "SOCKETS_PER_ADDRESS"].map((name) => [
    `PIPIT_${name}`,
    "10000",
  ]),
);
boundYoungHeap();
const home = await mkdtemp(join(tmpdir(), "pipit-bench-"));
try {
  const argv = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const config = readServerConfig({ argv, env: { PIPIT_HOME: home, ...unlimited } });
  const model = createBenchModel();
  const models = {
    current: async () => model,
    list: async () => [model.name],
    status: async () => ({ kind: "configured" as const, name: model.name, works: true, detail: "" }),
    warm: async () => undefined,
  };
  await using server = await startServer(config, { models });
  const { accessToken } = await signIn(server.httpUrl, config.dataDir);
  await serveParent({ grpcUrl: server.grpcUrl, httpUrl: server.httpUrl, accessToken });
} finally {
  await rm(home, { recursive: true, force: true });
}
