import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ensureServer, type EnsureServerOptions } from "./embedded-server.ts";
import { readLocalSecret } from "./local-secret.ts";
import { builtServerEntry } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
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

async function health(httpUrl: string): Promise<number | string> {
  return await fetch(`${httpUrl}/health`, { headers: { connection: "close" } }).then(
    (response) => response.status,
    (error: Error) => (error.cause as { code: string }).code,
  );
}

describe("with no server running", () => {
  test("starts one that is this home's own, shares it, and stops it when disposed", async () => {
    await using home = await makeTempHome();
    const handle = await ensureServer(options(home.path), never);
    expect(handle).toMatchObject({ started: true, own: true });
    expect(await health(handle.httpUrl)).toBe(200);
    expect(await readLocalSecret(home.path, logger)).toBeTypeOf("string");
    const log = join(home.path, "server", "server.log");
    expect((await stat(log)).mode & 0o777).toBe(0o600);

    await using shared = await ensureServer(options(home.path), never);
    expect(shared).toMatchObject({
      started: false,
      own: true,
      httpUrl: handle.httpUrl,
      grpcUrl: handle.grpcUrl,
    });
    await using named = await ensureServer(options(home.path, { httpUrl: handle.httpUrl }), never);
    expect(named).toMatchObject({ started: false, own: true });

    await handle[Symbol.asyncDispose]();
    expect(await health(handle.httpUrl)).toBe("ECONNREFUSED");
  });

  test("two programs that start at once share one", async () => {
    await using home = await makeTempHome();
    const handles = await Promise.all([
      ensureServer(options(home.path), never),
      ensureServer(options(home.path), never),
    ]);
    expect(handles.map((handle) => handle.started).toSorted()).toEqual([false, true]);
    expect(handles[0].httpUrl).toBe(handles[1].httpUrl);
    for (const handle of handles) await handle[Symbol.asyncDispose]();
    expect(await health(handles[0].httpUrl)).toBe("ECONNREFUSED");
  });

  test("the server ends when the program that started it is killed", async () => {
    await using home = await makeTempHome();
    const program = `
      import { ensureServer } from ${JSON.stringify(new URL("embedded-server.ts", import.meta.url).href)};
      const nothing = () => undefined;
      const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
      const [home, serverEntry] = process.argv.slice(1);
      const handle = await ensureServer({ home, spawn: true, serverEntry, logger }, new AbortController().signal);
      process.stdout.write(handle.httpUrl);`;
    const child = spawn(
      process.execPath,
      ["--input-type=module-typescript", "--eval", program, home.path, serverEntry],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const [httpUrl] = (await once(child.stdout, "data")) as [Buffer];
    expect(await health(httpUrl.toString())).toBe(200);
    child.kill("SIGKILL");
    const runtimeFile = join(home.path, "server", "runtime.json");
    const gone = () => readFile(runtimeFile).then(String, (error: { code: string }) => error.code);
    await expect.poll(gone).toBe("ENOENT");
    await expect.poll(() => health(httpUrl.toString())).toBe("ECONNREFUSED");
  });

  test("one that cannot start is told with what it said", async () => {
    await using home = await makeTempHome();
    const missing = join(home.path, "no-such-server.ts");
    await expect(ensureServer(options(home.path, { serverEntry: missing }), never)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringMatching(/Cannot find module.*server\.log/su),
    });
  });

  test("an abort ends the wait and the server", async () => {
    await using home = await makeTempHome();
    const abort = new AbortController();
    const starting = ensureServer(options(home.path), abort.signal);
    abort.abort();
    await expect(starting).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(readFile(join(home.path, "server", "runtime.json"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  test.each([
    ["a cancel", () => abortSoon(), "CANCELLED"],
    ["a caller's time that runs out", () => AbortSignal.timeout(100), "DEADLINE_EXCEEDED"],
  ])("%s while the server starts is told as such", async (_name, signal, code) => {
    await using home = await makeTempHome();
    const starting = ensureServer(options(home.path), signal());
    await expect(starting).rejects.toMatchObject({ name: "PipitError", code });
  });
});

function abortSoon(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  return controller.signal;
}
