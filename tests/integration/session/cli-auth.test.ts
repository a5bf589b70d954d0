import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSync } from "otplib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { openOutbox } from "#engine/node/files/sqlite-outbox.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { runPipit, type PipitRun } from "#tests/testing/run-pipit.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const PASSWORD = "Correct-horse-1";
/** Passwords are counted by the minute. */
const MINUTE_MS = 61_000;

let server: TestServer;
let nowMs = Date.now();
let home: string;
beforeAll(async () => {
  server = await startTestServer({ deps: { clock: { nowMs: () => nowMs } } });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  nowMs += MINUTE_MS;
  home = await mkdtemp(join(tmpdir(), "pipit-auth-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

type Run = Omit<PipitRun, "home">;

/** One `pipit` of the test's home, for the server of this file. */
function pipit(args: readonly string[], run: Run = {}) {
  return runPipit(args, { ...run, home, server });
}

const auth = (command: string, options?: Run) => pipit(["auth", ...command.split(" ")], options);

const asks = (input = PASSWORD): Run => ({ input: `${input}\n` });
const registers = (name: string) =>
  auth(`register --username ${name.toLowerCase()} --display-name ${name} --password-stdin`, asks());

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const kept = await readFile(join(home, "credentials"), "utf8");
  const [, token = ""] = /^access = "(.*)"$/mu.exec(kept) ?? [];
  const response = await fetch(server.httpUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

describe("pipit auth", () => {
  test("registers, says who is in, gives a token, signs out and in again", async () => {
    expect(await auth("status")).toEqual({
      code: 3,
      out: "❌ Not authenticated\n   Run 'pipit auth login' to authenticate.\n",
      err: "",
    });
    expect(await registers("Ann")).toMatchObject({
      code: 0,
      out: `Authenticating with ${server.httpUrl}...\n✅ Account created.\n   Logged in as: Ann\n`,
    });
    const status = await auth("status");
    expect(status).toMatchObject({ code: 0, err: "" });
    expect(status.out).toMatch(
      /^✅ Authenticated\n {3}Username: Ann\n {3}Server: http.*\n {3}Access token: valid \(8\d\ds remaining\)\n {3}Refresh token: valid \(29d remaining\)\n {3}Tokens: in a file readable only by you\n$/u,
    );
    const json = JSON.parse((await auth("status --json")).out) as object;
    expect(json).toMatchObject({ authenticated: true, username: "Ann", place: "file", waiting: 0 });
    expect(JSON.stringify(json)).not.toContain("eyJ");
    expect(await auth("login")).toMatchObject({
      code: 0,
      out: "✅ Already authenticated.\nUse --force to re-authenticate or 'pipit auth logout' first.\n",
    });
    expect(await auth("logout")).toEqual({
      code: 0,
      out: "✅ Logged out successfully.\n   Cleared credentials for: Ann\n",
      err: "",
    });
    expect(await readdir(home)).not.toContain("credentials");
    expect(await auth("logout")).toMatchObject({
      code: 0,
      out: "ℹ️  No active session. Already logged out.\n",
    });
    expect(await auth("token")).toMatchObject({
      code: 3,
      out: "",
      err: expect.stringContaining("auth login"),
    });
    const login = "login --username ann --password-stdin";
    expect(await auth(login, asks("Wrong-horse-1"))).toMatchObject({
      code: 3,
      err: "❌ Invalid username or password\n   Please check your credentials and try again.\n",
    });
    const signedIn = {
      code: 0,
      out: `Authenticating with ${server.httpUrl}...\n✅ Login successful!\n   Logged in as: Ann\n`,
    };
    expect(await auth(login, asks())).toMatchObject(signedIn);
    // It always authenticates, and a wrong password takes nothing away.
    expect(await auth(login, asks("Wrong-horse-1"))).toMatchObject({ code: 3 });
    expect(await auth("status")).toMatchObject({ code: 0 });
    const taken = await registers("Ann");
    expect(taken).toMatchObject({ code: 1, err: expect.stringContaining("This username is taken") });
  });

  test("renews a token that has expired before it prints it", async () => {
    await registers("Rae");
    const { out: first } = await auth("token");
    const path = join(home, "credentials");
    const kept = await readFile(path, "utf8");
    await writeFile(
      path,
      kept.replace(/access_expires_at = .*/u, 'access_expires_at = "2026-01-01T00:00:00.000000+00:00"'),
    );
    expect((await auth("status")).out).toContain("Access token: expired (will refresh automatically)");
    const { out: second } = await auth("token");
    expect(second).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/u);
    expect(second).not.toBe(first);
    const headers = { authorization: `Bearer ${second.trim()}` };
    expect((await fetch(`${server.httpUrl}/auth/me`, { headers })).status).toBe(200);
    await writeFile(path, kept.replace(/(access|refresh)_expires_at = .*/gu, '$1_expires_at = "2026-01-01"'));
    expect((await auth("status")).out).toContain("Refresh token: expired (re-login required)");
  });

  test.each([
    ["login -p secret", "", /every program/u],
    ["login --username ann --password=secret", "", /every program/u],
    ["login --password-stdin", PASSWORD, /--username/u],
    ["login --username ann --password-stdin", "", /no password/u],
    ["login", "", /no terminal/u],
    ["register --username ann", "", /no terminal/u],
    ["login --server ftp://example.org", "", /--server/u],
  ])("%s is wrong usage", async (command, input, why) => {
    const { code, out, err } = await auth(command, { input });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(why);
    expect(err).not.toContain("secret\n");
  });

  test("reads a password as UTF-8 however the pipe cuts it, and with its spaces", async () => {
    const password = " Corr\u00E9ct horse 1 ";
    const bytes = Buffer.from(`${password}\r\n`);
    const half = bytes.indexOf(0xc3) + 1;
    const input = [bytes.subarray(0, half), bytes.subarray(half)];
    expect(await auth("register --username accent --password-stdin", { input })).toMatchObject({ code: 0 });
    const body = JSON.stringify({ login: "accent", password });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${server.httpUrl}/auth/login`, { method: "POST", headers, body });
    expect(answer.status).toBe(200);
    const latin1 = { input: [Buffer.from(password, "latin1")] };
    const refused = await auth("login --username accent --password-stdin", latin1);
    expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("not UTF-8") });
  });

  test("says of an empty username that it is missing, not that the server is away", async () => {
    const { code, err } = await pipit(["auth", "login", "--username", "", "--password-stdin"], asks());
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("Missing") });
  });

  test("tells what answers and is no Pipit from a server that is away", async () => {
    const other = createServer((_request, response) => response.writeHead(404).end("<h1>Not found</h1>"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const env = { PIPIT_SERVER_URL: `http://127.0.0.1:${(other.address() as AddressInfo).port}` };
    const refusal = "pipit: What answers at this address is not a Pipit server. Check the address.\n";
    for (const command of ["login", "register"]) {
      const way = `${command} --username ann --password-stdin`;
      expect(await auth(way, { ...asks(), env })).toMatchObject({ code: 4, err: refusal });
    }
    expect(await auth("login --device", { env })).toMatchObject({ code: 4, err: refusal });
    await new Promise((resolve) => other.close(resolve));
  });

  test("says of an account whose making was never answered that it may be there", async () => {
    // All that a proxy of the person's does when it breaks off: the server gets the request, and its answer is lost.
    const lossy = createServer((request, response) => {
      void (async () => {
        const body = await Array.fromAsync(request as AsyncIterable<Buffer>);
        const { method = "GET", url = "/" } = request;
        const answer = await fetch(server.httpUrl + url, {
          method,
          headers: { "content-type": request.headers["content-type"] ?? "application/json" },
          ...(method === "GET" ? {} : { body: Buffer.concat(body) }),
        });
        const text = await answer.text();
        if (url === "/auth/register" && answer.ok) request.socket.destroy();
        else response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
      })();
    });
    await new Promise<void>((resolve) => lossy.listen(0, "127.0.0.1", resolve));
    const env = { PIPIT_SERVER_URL: `http://127.0.0.1:${(lossy.address() as AddressInfo).port}` };
    const register = () => auth("register --username lost --password-stdin", { ...asks(), env });
    expect(await register()).toMatchObject({ code: 4, err: expect.stringContaining("Cannot reach server") });
    expect(await register()).toMatchObject({
      code: expect.any(Number),
      err: "❌ This username is taken. Choose another one.\n   If you have just made it and the answer was lost, run 'pipit auth login'.\n",
    });
    expect(await auth("login --username lost --password-stdin", asks())).toMatchObject({ code: 0 });
    await new Promise((resolve) => lossy.close(resolve));
  });

  test("tells a server that is away from one that cannot now, by 4", async () => {
    const login = "login --username ann --password-stdin";
    const away = { ...asks(), env: { PIPIT_SERVER_URL: "http://127.0.0.1:9" } };
    expect(await auth(login, away)).toMatchObject({
      code: 4,
      err: "❌ Cannot reach server. Check your connection.\n   Server: http://127.0.0.1:9\n",
    });
    const broken = createServer((request, response) => {
      const isWell = request.url === "/health";
      response.writeHead(isWell ? 200 : 503).end(isWell ? '{"status":"ok","version":"1"}' : "{}");
    });
    await new Promise<void>((resolve) => void broken.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = broken.address() as AddressInfo;
      const env = { PIPIT_SERVER_URL: `http://127.0.0.1:${port}` };
      expect(await auth(login, { ...asks(), env })).toMatchObject({
        code: 4,
        err: "❌ Server temporarily unavailable\n   Please try again in a few minutes.\n",
      });
    } finally {
      broken.close();
    }
  });

  test("asks for the code of a second factor, which may be the second line", async () => {
    await registers("Otto");
    const { secret } = (await ask("POST", "/auth/otp/init", { password: PASSWORD })) as { secret: string };
    const at = (ms: number) => generateSync({ secret, epoch: Math.floor(ms / 1000) });
    await ask("POST", "/auth/otp/confirm", { otp: at(nowMs) });
    nowMs += MINUTE_MS;
    const login = "login --username otto --password-stdin";
    expect(await auth(login, asks())).toMatchObject({ code: 3, err: expect.stringMatching(/code/iu) });
    expect(await auth(login, asks(`${PASSWORD}\n${at(nowMs)}`))).toMatchObject({ code: 0 });
    expect(await auth(login, asks(`${PASSWORD}\n000000`))).toMatchObject({ code: 3 });
  });
});

describe("several accounts", () => {
  test("are added, switched and signed out one by one, and what waits of one rests", async () => {
    await registers("Eva");
    await registers("Finn");
    expect((await auth("status")).out).toContain(`Also signed in: Eva (${server.httpUrl})`);
    const { accounts } = JSON.parse((await auth("status --json")).out) as { accounts: unknown };
    expect(accounts).toMatchObject([
      { username: "Finn", active: true },
      { username: "Eva", active: false },
    ]);
    const input = "/switch\n/switch Eva\n/switch Finn\n/switch Zoe\n/login\n";
    const chat = await pipit(["chat", "--no-audio"], { input });
    expect(chat.out).toBe("* Finn\n  Eva\nSigned in as Eva.\nSigned in as Finn.\n");
    expect(chat.err).toMatch(/No account "Zoe"[^]*pipit auth login/u);

    const { id } = (await ask("GET", "/auth/me")) as { id: string };
    const logger = createFakeLogger();
    const row = {
      clientMessageId: uuidv7(),
      accountId: id,
      chatKey: uuidv7(),
      text: "later",
      speak: false,
      createdAtMs: 1,
      attempts: 0,
      state: { kind: "waiting" },
    } as const;
    {
      await using outbox = await openOutbox({ home, logger });
      await outbox.add(row);
    }
    const waits = "1 message waits here and is sent when Finn is signed in.";
    expect((await auth("status")).out).toContain(waits);

    const switched = await auth("switch eva");
    expect(switched).toMatchObject({ code: 0, out: expect.stringMatching(/^✅ Switched to Eva\n/u) });
    expect(switched.out).toContain(waits);
    expect(await ask("GET", "/auth/me")).toMatchObject({ login: "eva" });
    expect(await auth("switch Zoe")).toMatchObject({ code: 3, err: expect.stringContaining("Eva (http") });
    expect(await auth("switch")).toMatchObject({ code: 0, out: expect.stringContaining("Finn") });
    await auth("switch");
    expect(await ask("GET", "/auth/me")).toMatchObject({ login: "eva" });
    {
      await using outbox = await openOutbox({ home, logger });
      expect(await outbox.list(id)).toMatchObject([row]);
    }

    const out = await auth("logout Finn");
    expect(out).toMatchObject({ code: 0, out: expect.stringContaining("Cleared credentials for: Finn") });
    expect(out.out).toContain(waits);
    expect((await auth("status")).out).toContain("Username: Eva");
    expect(await auth("switch")).toMatchObject({ code: 3 });
  });

  test("of another server: --server is remembered, and a switch goes back", async () => {
    await using other = await startTestServer({ deps: { clock: { nowMs: () => nowMs } } });
    const env = { PIPIT_SERVER_URL: "", PIPIT_GRPC_URL: "" };
    const register = (name: string, url: string) =>
      auth(`register --username ${name} --password-stdin --server ${url}`, { ...asks(), env });
    expect(await register("gil", server.httpUrl)).toMatchObject({ code: 0 });
    expect((await auth("status", { env })).out).toContain(`Server: ${server.httpUrl}`);
    expect(await register("gil", other.httpUrl)).toMatchObject({ code: 0 });
    expect((await auth("status", { env })).out).toContain(`Server: ${other.httpUrl}`);
    expect(await auth("switch gil", { env })).toMatchObject({
      code: 2,
      err: expect.stringContaining("--server"),
    });
    expect(await auth("switch", { env })).toMatchObject({ code: 0 });
    expect((await auth("status", { env })).out).toContain(`Server: ${server.httpUrl}`);
    // A variable wins, and the person is told.
    const told = await auth("switch", { env: { PIPIT_SERVER_URL: server.httpUrl } });
    expect(told).toMatchObject({ code: 0, err: expect.stringContaining("PIPIT_SERVER_URL") });
  });
});

describe("without a password", () => {
  beforeEach(async () => {
    await registers("Hal").then(() => auth("logout"));
    nowMs += MINUTE_MS;
  });

  test("the system's browser signs in", async () => {
    const bin = join(home, "bin");
    await writeFile(join(home, "opened"), "");
    const script = `#!/bin/sh\nprintf %s "$1" > '${join(home, "opened")}'\n`;
    await mkdir(bin);
    await writeFile(join(bin, "xdg-open"), script, { mode: 0o755 });
    vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
    const opened = async (): Promise<string> => readFile(join(home, "opened"), "utf8");
    const run = auth("login --browser");
    await expect.poll(opened).toMatch(/^http/u);
    const browser = createFormBrowser(server.httpUrl);
    const page = await browser.open(await opened());
    const back = browser.leftTo(await browser.send(page, { login: "hal", password: PASSWORD }));
    await fetch(back);
    expect(await run).toMatchObject({ code: 0, out: expect.stringContaining("Logged in as: Hal") });
  });

  test("another device signs in", async () => {
    const shown = Promise.withResolvers<string>();
    const run = auth("login --device", {
      onNote: (text) => /[A-Z]{4}-[A-Z]{4}\n/u.test(text) && shown.resolve(text),
    });
    const [, address = "", code = ""] = /Open (\S+) .* code (\S+)/u.exec(await shown.promise) ?? [];
    expect(address).toBe(`${server.httpUrl}/oauth/device`);
    const browser = createFormBrowser(server.httpUrl);
    const form = await browser.open(address);
    const signIn = await browser.send(await browser.send(form, { user_code: code }), {}, ["confirm", "yes"]);
    await browser.send(signIn, { login: "hal", password: PASSWORD });
    expect(await run).toMatchObject({ code: 0, out: expect.stringContaining("Logged in as: Hal") });
  });
});
