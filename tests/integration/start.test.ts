import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildParts } from "#tools/build/build-part.ts";
import { windowPart } from "#tools/build/pipit-parts.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";
import { repositoryRoot } from "#tools/test/command.ts";

const PORTS = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
const addressPattern = /http:\/\/127\.0\.0\.1:\d+\/#sign-in=\S+\n.*\d{4}\n/;

/** Where it is, nothing has to be fetched. */
const hasElectron = existsSync(join(repositoryRoot, "node_modules", "electron", "path.txt"));

let home: string;
let started: Started[];
const BUILT_WITHIN_MS = 10 * 60_000;
beforeAll(
  () =>
    buildParts(
      [windowPart(repositoryRoot)],
      { root: repositoryRoot, say() {} },
      AbortSignal.timeout(BUILT_WITHIN_MS),
    ),
  BUILT_WITHIN_MS,
);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-npm-start-"));
  started = [];
});
afterEach(async () => {
  for (const program of started) program.process.kill("SIGKILL");
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

/** `npm start`, as npm runs it. */
class Started {
  readonly process: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<unknown[]>;
  #output = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.process = spawn(process.execPath, ["tools/start.ts", ...args], {
      cwd: repositoryRoot,
      env: {
        PATH: process.env["PATH"],
        PIPIT_HOME: home,
        OLLAMA_HOST: "127.0.0.1:9",
        ...compiledCode,
        // A port without a listener: the download is refused at once, here and everywhere.
        ELECTRON_MIRROR: "http://127.0.0.1:9/",
        electron_config_cache: join(home, "electron-cache"),
        ...env,
      },
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (chunk) => (this.#output += String(chunk)));
    }
    this.#exit = once(this.process, "close");
    started.push(this);
  }

  get output(): string {
    return this.#output;
  }

  async printed(pattern: RegExp): Promise<string> {
    const ended = this.#exit.then(() => {
      throw new Error(`It ended without ${String(pattern)}:\n${this.#output}`);
    });
    const found = expect.poll(() => this.#output, { timeout: 90_000 }).toMatch(pattern);
    await Promise.race([found, ended]);
    return pattern.exec(this.#output)?.[0] ?? "";
  }

  async end(): Promise<{ readonly code: unknown; readonly output: string }> {
    const [code] = await this.#exit;
    return { code, output: this.#output };
  }

  async stop(name: NodeJS.Signals): Promise<unknown> {
    this.process.kill(name);
    return (await this.end()).code;
  }
}

/** @param printed an address, and the digits in the line below */
function signInWith(printed: string): Promise<Response> {
  const [address = "", below = ""] = printed.split("\n");
  const { origin, hash } = new URL(address);
  const digits = /\d{4}$/u.exec(below)?.[0] ?? "";
  return fetch(`${origin}/auth/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ code: hash.replace("#sign-in=", ""), digits }),
  });
}

describe("npm start", () => {
  test("on purpose: serves the page, and its printed address works exactly once", async () => {
    const program = new Started(["--web", ...PORTS]);
    const address = await program.printed(addressPattern);
    const first = await signInWith(address);
    expect(first.status).toBe(200);
    expect(first.headers.get("set-cookie")).toMatch(/^session_token_\d+=.*HttpOnly; SameSite=Lax/);
    expect((await signInWith(address)).status).toBe(401);
    const page = await fetch(new URL("/", address.split("\n")[0]));
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(program.output).not.toContain("because");
    expect(await program.stop("SIGINT")).toBe(0);
  });

  test("without a display: one line says why, and the page is served", async () => {
    const program = new Started(PORTS);
    await program.printed(addressPattern);
    const lines = program.output.trim().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe("Pipit opens as a web page, because this session has no display.");
    expect(await program.stop("SIGTERM")).toBe(0);
  });

  test.skipIf(hasElectron)(
    "without Electron's program: tries to fetch it, says in one line that it could not, and serves the page",
    async () => {
      const program = new Started(PORTS, { DISPLAY: ":99" });
      await program.printed(addressPattern);
      // With what the installer said of the network.
      expect(program.output.split("\n")[0]).toMatch(
        /^Pipit opens as a web page, because Electron could not be downloaded.*\(npx install-electron tries again\)\.$/u,
      );
      expect(await program.stop("SIGINT")).toBe(0);
    },
  );

  test("while a server of this home runs, it is used: a fresh address is printed", async () => {
    const first = new Started(["--web", ...PORTS]);
    const firstAddress = await first.printed(addressPattern);
    const second = new Started(["--web", ...PORTS]);
    const { code, output } = await second.end();
    const address = addressPattern.exec(output)?.[0] ?? "";
    expect([code, new URL(address).origin]).toEqual([0, new URL(firstAddress).origin]);
    expect((await signInWith(address)).status).toBe(200);
    expect(await first.stop("SIGINT")).toBe(0);
  });

  test("a taken port is named, with the flag that chooses another", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;
    const program = new Started(["--web", "--http", `127.0.0.1:${port}`, "--grpc", "127.0.0.1:0"]);
    const { code, output } = await program.end();
    holder.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`Port ${port} .* taken .* --http 127\\.0\\.0\\.1:${port + 1}`));
    expect(output).not.toContain("    at ");
  });

  test.each([
    [["--nonsense"], 2, /--nonsense[^]*--web/],
    [["--web", "--http", "nowhere"], 2, /--http: "nowhere"/],
  ])("%j ends with %d and says what is wrong", async (args, code, message) => {
    const end = await new Started(args).end();
    expect(end.code).toBe(code);
    expect(end.output).toMatch(message);
    expect(end.output).not.toContain("    at ");
  });

  test("opens the app with the Electron that is named, and ends as it ends", async () => {
    const electron = await fakeElectron();
    const program = new Started([], { DISPLAY: ":99", ELECTRON_OVERRIDE_DIST_PATH: electron.folder });
    await program.printed(/app runs/);
    const { args, runAsNode } = await electron.launch();
    expect(args).toEqual([join(repositoryRoot, "dist", "electron", "main.js")]);
    expect(existsSync(args[0] ?? "")).toBe(true);
    expect(runAsNode).toBeNull();
    expect(await program.stop("SIGTERM")).toBe(7);
  });

  /** A program in Electron's place that tells how it was started, and ends with 7 when it is asked to end. */
  async function fakeElectron() {
    const folder = join(home, "electron");
    const report = join(home, "launch.json");
    await mkdir(folder);
    const code = `#!${process.execPath}
      const { ELECTRON_RUN_AS_NODE = null } = process.env;
      const launch = { args: process.argv.slice(2), runAsNode: ELECTRON_RUN_AS_NODE };
      require("fs").writeFileSync(${JSON.stringify(report)}, JSON.stringify(launch));
      const alive = setInterval(() => {}, 1000);
      process.on("SIGTERM", () => { clearInterval(alive); process.exitCode = 7; });
      console.log("app runs");`;
    await writeFile(join(folder, "electron"), code);
    await chmod(join(folder, "electron"), 0o755);
    return {
      folder,
      launch: async () =>
        JSON.parse(await readFile(report, "utf8")) as { args: string[]; runAsNode: string | null },
    };
  }
});
