import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { version } from "#contract/build/version.ts";
import { fingerprint, isFresh, sizesOf, writeStamp } from "#tools/build/build-stamp.ts";
import { fullSize } from "#tests/testing/test-size.ts";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { createCliHome } from "./cli-process.ts";

const PORTS = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];

test("a killed pipit serve leaves no server behind", async () => {
  await using pipit = await createCliHome();
  const serve = pipit.start(["serve", ...PORTS]);
  await serve.printed(/Pipit is ready/);
  const { httpUrl } = await runtimeOf(pipit.home);
  expect((await fetch(`${httpUrl}/health`)).status).toBe(200);
  const gone = once(serve.child, "exit");
  serve.child.kill("SIGKILL");
  await gone;
  // It sees that its parent is gone.
  await expect
    .poll(() => fetch(`${httpUrl}/health`).then(({ status }) => status, String))
    .toBe("TypeError: fetch failed");
});

test("npx pipit prints nothing but the answer, whichever Node starts npx", async ({ signal }) => {
  await using pipit = await createCliHome();
  const env = { npm_config_cache: join(pipit.home, "npm"), PIPIT_HOME: pipit.home };
  const options = { cwd: repositoryRoot, env };
  const { code, stdout, stderr } = await runCommand("npx", ["pipit", "--version"], options, signal);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  // A build says of which commit it is.
  expect(stdout.replace(/\+[\da-f]{10}(\.dirty)?\n$/, "\n")).toBe(`${version}\n`);
});

test("the built client runs while it is of these sources, and the sources otherwise", async ({ signal }) => {
  const root = await mkdtemp(join(tmpdir(), "pipit-built-"));
  try {
    for (const path of ["cli", "dist/cli", "tools/build"]) await mkdir(join(root, path), { recursive: true });
    await writeFile(join(root, "package.json"), '{ "type": "module" }');
    await cp(join(repositoryRoot, "cli/pipit.js"), join(root, "cli/pipit.js"));
    await cp(join(repositoryRoot, "tools/build/build-stamp.ts"), join(root, "tools/build/build-stamp.ts"));
    await writeFile(join(root, "cli/main.ts"), 'console.log("source")');
    const says = async (): Promise<string> =>
      (await runCommand("node", ["cli/pipit.js"], { cwd: root, env: { PIPIT_HOME: root } }, signal)).stdout;
    expect(await says()).toBe("source\n");
    await writeFile(join(root, "dist/cli/main.js"), 'console.log("built")');
    expect(await says()).toBe("source\n");
    const part = { name: "cli", inputs: ["cli"], outDir: "dist/cli" };
    const built = { sources: fingerprint(root, part.inputs), outputs: sizesOf(join(root, part.outDir)) };
    await writeStamp(root, part, built);
    expect(await says()).toBe("built\n");
    await writeFile(join(root, "cli/main.ts"), 'console.log("changed source")');
    expect(await says()).toBe("changed source\n");
    await rm(join(root, "tools"), { recursive: true });
    expect(await says()).toBe("built\n");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test("a builder that cannot be started ends nothing but itself", async ({ signal }) => {
  const program = `
    const { buildSoon } = await import(${JSON.stringify(join(repositoryRoot, "cli/kit/server-program.ts"))});
    process.execPath = "/nowhere/node";
    buildSoon(["a part that was never built"]);
    setTimeout(() => console.log("serves"), 1_500);
  `;
  const { code, stdout, stderr } = await runCommand("node", ["--eval", program], {}, signal);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "serves\n", stderr: "" });
});

// Not a skip, which would be a failure in CI: the nightly run has it.
if (fullSize) {
  describe("in a fresh checkout", () => {
    test("the server answers at once, and its page and the built programs follow by themselves", async () => {
      await using folder = await copyCheckout();
      await using pipit = await createCliHome({ PIPIT_BUILD: "" }, join(folder.path, "cli", "pipit.js"));
      const startedMs = performance.now();
      const serve = pipit.start(["serve", ...PORTS]);
      await serve.printed(/Pipit is ready/);
      const { httpUrl } = await runtimeOf(pipit.home);
      expect((await fetch(`${httpUrl}/health`)).status).toBe(200);
      expect(performance.now() - startedMs).toBeLessThan(10_000);
      const waiting = await fetch(httpUrl);
      expect(waiting.status).toBe(503);
      expect(await waiting.text()).toContain('<meta http-equiv="refresh"');
      const built = { timeout: 60_000, interval: 500 };
      await expect.poll(async () => (await fetch(httpUrl)).status, built).toBe(200);
      serve.child.kill("SIGTERM");
      expect((await serve.result).code).toBe(0);
      // The builder ends without its server.
      const areFresh = (): boolean => isFresh(folder.path, "server") && isFresh(folder.path, "cli");
      await expect.poll(areFresh, built).toBe(true);

      const again = pipit.start(["serve", ...PORTS, "--log-level", "debug"]);
      await again.printed(/Pipit is ready/);
      expect(areFresh() && isFresh(folder.path, "window")).toBe(true);
    }, 120_000);
  });
}

async function runtimeOf(home: string): Promise<RuntimeInfo> {
  return JSON.parse(await readFile(join(home, "server", "runtime.json"), "utf8")) as RuntimeInfo;
}

/** The repository as git gives it, with the packages of this one. */
async function copyCheckout(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "pipit-checkout-"));
  const leftOut = new Set(
    ["node_modules", "dist", ".git", "coverage"].map((name) => join(repositoryRoot, name)),
  );
  await cp(repositoryRoot, path, { recursive: true, filter: (source) => !leftOut.has(source) });
  await symlink(join(repositoryRoot, "node_modules"), join(path, "node_modules"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
