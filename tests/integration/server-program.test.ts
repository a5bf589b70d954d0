import { spawn, type ChildProcessByStdio, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { faults, gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { statusName, WireClient } from "#tests/doubles/wire-client.ts";
import { builtServerEntry } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { startRedis } from "#tools/test/redis-server.ts";
import { signIn } from "./start-test-server.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { asked, hasText } from "./streaming/streaming-stage.ts";

const PORTS = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];

let entry: string;
let home: string;
let children: ServerProgram[];
beforeAll(async () => {
  entry = await builtServerEntry(repositoryRoot, AbortSignal.timeout(60_000));
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-program-"));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.process.kill("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

/** The server's program as the launcher and an operator start it. */
class ServerProgram {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exit: Promise<unknown[]>;
  #stderr = "";
  #stdout = "";

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.process = spawn(process.execPath, [entry, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        PIPIT_HOME: home,
        OLLAMA_HOST: "127.0.0.1:9",
        ...compiledCode,
        ...env,
      },
    });
    this.process.stderr.on("data", (chunk) => (this.#stderr += String(chunk)));
    this.process.stdout.on("data", (chunk) => (this.#stdout += String(chunk)));
    this.#exit = once(this.process, "close");
    children.push(this);
  }

  /** What it has written there so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** First line of standard output. */
  async ready(): Promise<string> {
    const line = once(createInterface(this.process.stdout), "line").then(([text]) => String(text));
    return Promise.race([
      line,
      this.#exit.then(() => {
        throw new Error(`it ended: ${this.#stderr}`);
      }),
    ]);
  }

  async end(): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
    const [code, signal] = await this.#exit;
    return {
      code: typeof code === "number" ? code : null,
      signal: typeof signal === "string" ? signal : null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    };
  }
}

async function runtime(): Promise<RuntimeInfo> {
  return JSON.parse(await readFile(join(home, "server", "runtime.json"), "utf8")) as RuntimeInfo;
}

describe("pipit serve", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "says that it is ready, serves, and ends with 0 on %s",
    async (signal) => {
      const program = new ServerProgram(PORTS);
      const line = await program.ready();
      const info = await runtime();
      expect(line).toBe(`Pipit is ready: ${info.httpUrl} (HTTP), ${info.grpcUrl} (gRPC)`);
      expect(info.pid).toBe(program.process.pid);
      expect((await fetch(`${info.httpUrl}/health`)).status).toBe(200);
      const { accessToken, refreshToken } = await signIn(info.httpUrl, join(home, "server"));
      program.process.kill(signal);
      const end = await program.end();
      expect([end.code, end.signal]).toEqual([0, null]);
      expect(await readdir(join(home, "server"))).not.toContain("runtime.json");
      for (const text of end.stderr.trim().split("\n")) expect(JSON.parse(text)).toHaveProperty("event");
      expect(end.stderr).toContain("oauth.signed_in");
      for (const secret of [accessToken, refreshToken]) expect(end.stderr + end.stdout).not.toContain(secret);
    },
  );

  // Only there `script` takes a command so.
  test.runIf(process.platform === "linux")(
    "[O16] stops gently when its terminal is closed; without one, and with a full disk under its log, it goes on at SIGHUP",
    async () => {
      const full = await open("/dev/full", "w");
      const args = [entry, ...PORTS];
      const env = { ...process.env, PIPIT_HOME: home, OLLAMA_HOST: "127.0.0.1:9", ...compiledCode };
      const stdio: StdioOptions = ["ignore", "pipe", full.fd];
      const service = spawn(process.execPath, args, { stdio, env }) as ChildProcessByStdio<
        null,
        Readable,
        null
      >;
      await full.close();
      try {
        await once(createInterface(service.stdout), "line");
        service.kill("SIGHUP");
        expect((await fetch(`${(await runtime()).httpUrl}/health`)).status).toBe(200);
      } finally {
        service.kill("SIGTERM");
      }
      expect((await once(service, "exit"))[0]).toBe(0);
      const line = [process.execPath, ...args].map((word) => `'${word}'`).join(" ");
      const terminal = spawn("script", ["-qec", `exec ${line}`, "/dev/null"], { stdio: "pipe", env });
      for await (const said of createInterface(terminal.stdout)) if (said.includes("Pipit is ready")) break;
      terminal.kill("SIGKILL");
      const left = () => readdir(join(home, "server"));
      await expect.poll(left, { timeout: 30_000 }).not.toContain("runtime.json");
    },
  );

  test("a copy of a signal, as npm sends one of the terminal's, cuts no answer short; a second signal does", async () => {
    const held = gate();
    const replies = [stream(say("Half "), held.step, say("and whole.")), faults.hangHalfWay];
    await using model = await startOpenAiDouble(replies);
    const program = new ServerProgram(PORTS, {
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
      PIPIT_MODEL: "double",
    });
    await program.ready();
    const { grpcUrl, httpUrl } = await runtime();
    const { accessToken } = await signIn(httpUrl, join(home, "server"));
    using client = new WireClient(grpcUrl, accessToken);
    const ask = async () => {
      const answer = client.stream(asked("How long?"));
      await answer.until(hasText("Half "));
      return answer;
    };
    const [ends, hangs] = [await ask(), await ask()];
    program.process.kill("SIGINT");
    await sleep(5);
    program.process.kill("SIGINT");
    await sleep(50);
    held.open();
    expect(statusName((await ends.status).code)).toBe("OK");
    await sleep(600);
    program.process.kill("SIGINT");
    expect(statusName((await hangs.status).code)).not.toBe("OK");
    expect((await program.end()).code).toBe(0);
  });

  test("[O15] a second signal ends a start that waits for its database", async () => {
    await using database = createServer();
    // Of PostgreSQL it knows how to let somebody in, and says nothing more.
    database.on("connection", (socket) => {
      socket.on("error", () => {}).once("data", () => socket.write("R\0\0\0\b\0\0\0\0Z\0\0\0\u0005I"));
    });
    const connected = once(database, "connection");
    database.listen(0, "127.0.0.1");
    await once(database, "listening");
    const { port } = database.address() as AddressInfo;
    const program = new ServerProgram(PORTS, {
      PIPIT_DATABASE_URL: `postgres://pipit@127.0.0.1:${port}/pipit`,
      PIPIT_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
    });
    await connected;
    // Those that come within half a second count as one.
    using _ = setInterval(() => program.process.kill("SIGTERM"), 100);
    expect(await program.end()).toMatchObject({ signal: "SIGTERM" });
  });

  test("embedded: prints where it is as JSON, and ends when its parent is gone", async () => {
    const program = new ServerProgram([...PORTS, "--embedded"]);
    const line = await program.ready();
    expect(JSON.parse(line)).toEqual(await runtime());
    program.process.stdin.end();
    expect((await program.end()).code).toBe(0);
  });

  test("a killed server can be started again at once, with the same accounts", async () => {
    const first = new ServerProgram(PORTS);
    await first.ready();
    const { httpUrl } = await runtime();
    const { accessToken } = await signIn(httpUrl, join(home, "server"));
    first.process.kill("SIGKILL");
    await first.end();
    const second = new ServerProgram(PORTS);
    await second.ready();
    const answer = await fetch(`${(await runtime()).httpUrl}/v1/chats`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(answer.status).toBe(200);
    second.process.kill("SIGTERM");
    expect((await second.end()).code).toBe(0);
  });

  test("[O21] a second one on the same folder fails with 1, naming the first", async () => {
    const first = new ServerProgram(PORTS);
    await first.ready();
    const second = await new ServerProgram(PORTS).end();
    expect(second.code).toBe(1);
    expect(JSON.parse(second.stderr)).toMatchObject({
      level: "error",
      event: "server.not_started",
      code: "DATA_FOLDER_IN_USE",
      reason: expect.stringMatching(
        `^Another Pipit server \\(process ${first.process.pid}\\) is using `,
      ) as unknown,
    });
    expect(second.stderr).not.toContain("    at ");
    // What a client that started it finds in its log is for the person.
    const embedded = await new ServerProgram([...PORTS, "--embedded"]).end();
    expect(embedded.stderr).toMatch(/^pipit serve: Another Pipit server \(process /);
    first.process.kill("SIGTERM");
    await first.end();
  });

  test("listening beyond this machine without TLS is warned about", async () => {
    const program = new ServerProgram(["--http", "0.0.0.0:0", "--grpc", "127.0.0.1:0"]);
    await program.ready();
    program.process.kill("SIGTERM");
    const { stderr } = await program.end();
    const lines = stderr
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as Record<string, string>);
    const warnings = lines.filter(({ event }) => event === "server.exposed_without_tls");
    expect(warnings).toMatchObject([{ level: "warn", setting: "--http 0.0.0.0:0" }]);
  });

  test.each([
    [["--nonsense"], {}, 2, /--nonsense/],
    [["--http", "nowhere"], {}, 2, /--http: "nowhere"/],
    [PORTS, { PIPIT_DATABASE_URL: "postgres://u:hunter2@127.0.0.1:9/d" }, 1, /Cannot reach the database/],
    [PORTS, { PIPIT_MODEL_URL: "nonsense" }, 1, /PIPIT_MODEL_URL: "nonsense"/],
  ])("%j %j ends with %d and one line", async (args, env, code, message) => {
    const end = await new ServerProgram(args, env).end();
    expect(end.code).toBe(code);
    expect(end.stderr.trimEnd().split("\n")).toHaveLength(1);
    const { reason } = JSON.parse(end.stderr) as { readonly reason: string };
    expect(reason).toMatch(message);
    expect(end.stderr).not.toContain("hunter2");
    expect(end.stdout).toBe("");
  });

  test("--help explains itself, whatever else is wrong", async () => {
    const end = await new ServerProgram(["--help"], { PIPIT_MODEL_URL: "nonsense" }).end();
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(end.stdout).toMatch(/--http HOST:PORT .*default: 127\.0\.0\.1:8787/);
  });

  test("a file in place of the data folder ends with 1 and the cure", async () => {
    await writeFile(join(home, "server"), "a file");
    const end = await new ServerProgram(PORTS).end();
    expect(end.code).toBe(1);
    const { reason } = JSON.parse(end.stderr) as { readonly reason: string };
    expect(reason).toMatch(/^The data folder .* cannot be used .*--data DIR/);
  });
});

describe("a database that is not as its address says", () => {
  const SECRET = "hunter2/#hunter2";
  let postgres: PostgresServer;
  /** Takes connections, and says nothing. */
  const silent = createServer(() => undefined);
  beforeAll(async () => {
    await once(silent.listen(0, "127.0.0.1"), "listening");
    postgres = await startPostgres(AbortSignal.timeout(60_000));
    await queryPostgres(postgres.url, "create role ann login password 'another-word'");
    // As installations have it: whoever comes by the network needs a password.
    const rules = "host all pipit 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    await writeFile(join(postgres.socketFolder, "data/pg_hba.conf"), rules);
    await queryPostgres(postgres.url, "select pg_reload_conf()");
  }, 90_000);
  afterAll(async () => {
    silent.close();
    await postgres[Symbol.asyncDispose]();
  });

  test.each([
    [
      "a wrong password",
      "ann@HERE/postgres",
      /does not let us in .*Correct the user, password or database name/,
    ],
    ["a user that is not there", "bob@HERE/postgres", /does not let us in .*Correct the user/],
    ["a database that is not there", "pipit@HERE/lost", /"lost" .*does not exist.* Correct .*database name/],
    ["a port where nothing listens", "pipit@127.0.0.1:9/d", /Cannot reach .*ECONNREFUSED.* Start PostgreSQL/],
    [
      "a host that is not there",
      "pipit@pipit.invalid/d",
      /Cannot reach .*pipit\.invalid.* correct the database URL/,
    ],
    ["a host that says nothing", "pipit@SILENT/d", /Cannot reach .*timeout.* correct the database URL/],
    ["TLS that the database refuses", "pipit@HERE/postgres?sslmode=verify-full", /No TLS .*Correct sslmode/],
    [
      "several hosts",
      "pipit@a,b/d?target_session_attrs=read-write",
      /names several hosts.*leads to the primary/,
    ],
    [
      "several hosts with ports",
      "pipit@a:1,b:2/d",
      /PIPIT_DATABASE_URL: .*leads to the primary among several/,
    ],
  ])(
    "%s ends the start with 1 and one line, with the cure and without the password",
    async (_, place, cure) => {
      const { port } = silent.address() as AddressInfo;
      const at = place.replace("HERE", `127.0.0.1:${postgres.port}`).replace("SILENT", `127.0.0.1:${port}`);
      const end = await new ServerProgram(PORTS, {
        PIPIT_DATABASE_URL: `postgres://${at}`,
        PIPIT_DATABASE_PASSWORD: SECRET,
      }).end();
      expect([end.code, end.stdout]).toEqual([1, ""]);
      expect(end.stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(JSON.parse(end.stderr)).toMatchObject({
        level: "error",
        event: "server.not_started",
        reason: expect.stringMatching(cure) as unknown,
      });
      expect(end.stderr).not.toContain("hunter2");
    },
  );
});

test("a wrong password of Redis at the start is told with the cure; all but passwords goes on", async () => {
  await using redis = await startRedis(AbortSignal.timeout(60_000));
  const operator = createClient({ url: redis.url });
  await operator.connect();
  await operator.sendCommand(["CONFIG", "SET", "requirepass", "right-word"]);
  operator.destroy();
  const program = new ServerProgram(PORTS, { PIPIT_REDIS_URL: `redis://:hunter2@127.0.0.1:${redis.port}` });
  await program.ready();
  /** Before it, a machine that is busy may have said that it waits. */
  const refusals = () =>
    program.stderr
      .split("\n")
      .filter((text) => text.includes('"limits.redis_lost"') && text.includes("WRONGPASS"))
      .map((text) => JSON.parse(text) as unknown);
  await expect.poll(refusals).not.toEqual([]);
  const { httpUrl } = await runtime();
  expect(await (await fetch(`${httpUrl}/health`)).json()).toMatchObject({
    database: "connected",
    redis: "down",
  });
  program.process.kill("SIGTERM");
  expect((await program.end()).code).toBe(0);
  expect(refusals()).toMatchObject([
    {
      level: "warn",
      reason: expect.stringMatching(/^WRONGPASS/) as unknown,
      cure: expect.stringMatching(/^Correct the user and password in the Redis address/) as unknown,
    },
  ]);
  expect(program.stderr).not.toContain("hunter2");
});
