import { spawnSync } from "node:child_process";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ensureServer, type EnsureServerOptions } from "./embedded-server.ts";
import { builtServerEntry } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { serveHttp } from "#tests/doubles/serve-http.ts";
import { makeTempHome } from "../testing/temp-home.ts";

const never = new AbortController().signal;
const logger = createFakeLogger();
let serverEntry: string;
beforeAll(async () => {
  serverEntry = await builtServerEntry(repositoryRoot, AbortSignal.timeout(60_000));
});

function options(home: string, more: Partial<EnsureServerOptions> = {}): EnsureServerOptions {
  return { home, spawn: true, serverEntry, logger, ...more };
}

test("with no server running and none to be started, says how to get one", async () => {
  await using home = await makeTempHome();
  await expect(ensureServer(options(home.path, { spawn: false }), never)).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: expect.stringContaining("pipit serve"),
  });
});

describe("with something else running", () => {
  test("a runtime file of a dead process is not believed", async () => {
    await using home = await makeTempHome();
    await using stranger = await startStranger();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    await writeRuntime(home.path, { pid, httpUrl: stranger.url, grpcUrl: "127.0.0.1:1", version: "1" });
    await expect(ensureServer(options(home.path, { spawn: false }), never)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
  });

  test("a living process that is no Pipit server is not believed", async () => {
    await using home = await makeTempHome();
    await using stranger = await startStranger("hello");
    await writeRuntime(home.path, {
      pid: process.pid,
      httpUrl: stranger.url,
      grpcUrl: "127.0.0.1:1",
      version: "1",
    });
    await expect(ensureServer(options(home.path, { spawn: false }), never)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
    await writeFile(join(home.path, "server", "runtime.json"), "{broken");
    await expect(ensureServer(options(home.path, { spawn: false }), never)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
  });

  test("a server that the person names is taken, and is not this home's own", async () => {
    await using home = await makeTempHome();
    await using stranger = await startStranger();
    const named = options(home.path, { httpUrl: stranger.url });
    const found = { httpUrl: stranger.url, grpcUrl: "127.0.0.1:50051", started: false, own: false };
    expect(await ensureServer(named, never)).toMatchObject(found);
    // Behind a proxy; 0 is what a server says that has not opened the port yet.
    for (const [told, grpcUrl] of [
      [443, "127.0.0.1:443"],
      [0, found.grpcUrl],
    ]) {
      const body = JSON.stringify({ status: "healthy", version: "1", grpc_port: told });
      await using other = await startStranger(body);
      const handle = await ensureServer(options(home.path, { httpUrl: other.url }), never);
      expect(handle.grpcUrl).toBe(grpcUrl);
    }
  });

  test("a named server that does not answer is an error, and nothing is started instead", async () => {
    await using home = await makeTempHome();
    const gone = await startStranger();
    await gone[Symbol.asyncDispose]();
    await expect(ensureServer(options(home.path, { httpUrl: gone.url }), never)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringContaining(gone.url),
    });
    await expect(stat(join(home.path, "server"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(
      ensureServer(options(home.path, { httpUrl: "http://far.example.org" }), never),
    ).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});

async function writeRuntime(home: string, info: object): Promise<void> {
  await mkdir(join(home, "server"), { recursive: true });
  await writeFile(join(home, "server", "runtime.json"), JSON.stringify(info));
}

function startStranger(body = JSON.stringify({ status: "healthy", version: "1" })) {
  return serveHttp((_, response) => void response.end(body));
}
