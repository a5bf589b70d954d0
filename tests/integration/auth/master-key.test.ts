import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { generateSync } from "otplib/functional";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { audit } from "#server/admin/audit.ts";
import { masterKey } from "#server/admin/master-key.ts";
import { readServerConfig } from "#server/config/config.ts";
import { runAdmin, type AdminRun } from "#server/testing/admin-kit.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const PASSWORD = "Correct-horse-1";
const STEP_SECONDS = 30;

let home: string;
let running: TestServer | undefined;
/** How far ahead the server's clock is: each code of an authenticator works once. */
let steps = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-master-key-"));
});
afterAll(async () => {
  await stop();
  await rm(home, { recursive: true });
});

async function start(): Promise<TestServer> {
  const clock = { nowMs: () => Date.now() + steps * STEP_SECONDS * 1000 };
  running = await startTestServer({ home, deps: { clock } });
  return running;
}

async function stop(): Promise<void> {
  await running?.[Symbol.asyncDispose]();
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

async function json({ httpUrl }: TestServer, path: string, body?: object, token?: string): Promise<Answer> {
  const response = await fetch(`${httpUrl}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function grant({ httpUrl }: TestServer, fields: Readonly<Record<string, string>>): Promise<Answer> {
  const body = new URLSearchParams({ client_id: CLI_CLIENT_ID, ...fields });
  const response = await fetch(`${httpUrl}/oauth/token`, { method: "POST", body });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

test("[O4] [O18] a master key is replaced and nobody notices; a wrong one is told for what it is; a lost one can be given up", async () => {
  let server = await start();
  const { config, dataDir } = server;
  const keyFile = join(dataDir, "master-key");
  const admin = (...args: readonly string[]): Promise<AdminRun> => runAdmin(config, masterKey, args);
  const signIn = (otp?: string) =>
    grant(server, { grant_type: "password", username: "ann", password: PASSWORD, ...(otp && { otp }) });
  const refresh = (token = "") => grant(server, { grant_type: "refresh_token", refresh_token: token });

  const account = { login: "ann", password: PASSWORD, display_name: "Ann" };
  expect((await json(server, "/auth/register", account)).status).toBe(200);
  const first = await signIn();
  const token = first.body["access_token"];
  const { secret = "" } = (await json(server, "/auth/otp/init", { password: PASSWORD }, token)).body;
  const code = (): string => {
    const epoch = Math.floor(Date.now() / 1000) + steps * STEP_SECONDS;
    return generateSync({ secret, epoch });
  };
  const confirmed = await json(server, "/auth/otp/confirm", { otp: code() }, token);
  const recoveryCodes = confirmed.body["recovery_codes"] as unknown as readonly string[];
  expect(recoveryCodes).toHaveLength(10);
  const used = server.refreshToken;
  const successor = await refresh(used);
  expect((await json(server, "/health")).body).toMatchObject({ status: "healthy", master_key: "right" });
  await expect(admin("rotate")).rejects.toMatchObject({ code: "DATA_FOLDER_IN_USE" });
  await stop();

  const old = await readFile(keyFile);
  const wanted = join(home, "new-key");
  await writeFile(wanted, `${randomBytes(32).toString("base64")}\n`);
  const rotated = await admin("rotate", "--new-key-file", wanted);
  expect(rotated.stdout).toMatch(/^The master key is ([0-9a-f]{16}) now; \d+ secrets were sealed with it\n/);
  const [, oldFile = ""] = /is in (\S+master-key\.old-[0-9a-f]{16}):/.exec(rotated.stdout) ?? [];
  expect((await readFile(oldFile)).equals(old)).toBe(true);
  expect((await stat(oldFile)).mode & 0o777).toBe(0o600);
  expect((await readFile(keyFile)).toString("base64")).toBe((await readFile(wanted, "utf8")).trim());
  expect((await readdir(dataDir)).filter((name) => name.startsWith("master-key"))).toHaveLength(2);
  expect((await admin("status")).stdout).toMatch(/state +in force/);
  // Asked for again it is no change that was begun.
  await expect(admin("rotate", "--new-key-file", wanted)).rejects.toThrow("is the one in force");
  expect(await readdir(dataDir)).not.toContain("master-key.next");

  steps += 2;
  server = await start();
  // The retry of a refresh whose answer was lost gets the same token, and is no thief.
  expect((await refresh(used)).body["refresh_token"]).toBe(successor.body["refresh_token"]);
  expect((await signIn(code())).status).toBe(200);
  expect((await signIn(recoveryCodes[0])).status).toBe(200);
  expect((await signIn()).status).not.toBe(200);
  const verified = await runAdmin(config, audit, ["verify"]);
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("The audit log is whole")]);
  const listed = await runAdmin(config, audit, ["list", "--event", "master_key.rotated"]);
  expect(listed.stdout).toMatch(/finished[^]*begun/);
  await stop();

  const fresh = await readFile(keyFile);
  await writeFile(keyFile, old);
  const wrong = {
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/another master key.*abandon/s) as unknown,
  };
  await expect(start()).rejects.toMatchObject(wrong);
  await expect(runAdmin(config, audit, ["list"])).rejects.toMatchObject(wrong);
  await writeFile(keyFile, fresh);
  await expect(admin("abandon", "--yes")).rejects.toThrow("nothing needs to be given up");

  await rm(keyFile);
  await expect(start()).rejects.toThrow(/There is no master key, .* sealed with one \([0-9a-f]{16}\)/);
  await expect(readFile(keyFile)).rejects.toThrow("ENOENT");
  await expect(admin("abandon")).rejects.toThrow(/second factors.*audit log.*--yes/s);
  // One that is made up and not used would look like the one that is missing.
  await expect(readFile(keyFile)).rejects.toThrow("ENOENT");
  const events = join(home, "events.jsonl");
  await expect(admin("abandon", "--yes", "--audit-out", wanted)).rejects.toThrow("exists already");
  await expect(readFile(keyFile)).rejects.toThrow("ENOENT");
  const given = await admin("abandon", "--yes", "--audit-out", events);
  expect(given.stdout).toMatch(
    /^Wrote \d+ events to .*\nThe master key is [0-9a-f]{16} now\nWithout a second factor now: ann\n$/,
  );
  expect(await readFile(events, "utf8")).toContain("otp.enrolled");
  server = await start();
  expect((await signIn()).status).toBe(200);
  expect((await refresh(successor.body["refresh_token"])).status).toBe(200);
  expect((await json(server, "/health")).body).toMatchObject({ status: "healthy", master_key: "right" });
  expect((await runAdmin(config, audit, ["verify"])).code).toBe(0);
  expect((await runAdmin(config, audit, ["list"])).stdout).toContain("master_key.abandoned");
  await stop();

  // A rotation was killed, and the key before it is lost.
  new Database(join(dataDir, "pipit.db"))
    .exec("update master_key set previous_id = '0123456789abcdef'")
    .close();
  await expect(start()).rejects.toThrow(/0123456789abcdef.*PIPIT_MASTER_KEY_PREVIOUS.*abandon/s);
  expect((await admin("abandon", "--yes")).stdout).toMatch(/^The master key is [0-9a-f]{16} now\n$/);
  server = await start();
  expect((await signIn()).status).toBe(200);
}, 240_000);

test("[O18] on PostgreSQL, too, a server without the key says so, and leaves none behind that it has made up", async () => {
  const { auth } = readServerConfig({ argv: [], env: {} });
  const keyed = { ...auth, masterKey: Buffer.alloc(32, 5).toString("base64") };
  await using server = await startTestServer({ database: "PostgreSQL", config: { auth: keyed } });
  const { databaseUrl = "" } = server.config;
  const keyless = await mkdtemp(join(home, "keyless-"));
  await expect(startTestServer({ home: keyless, config: { auth, databaseUrl } })).rejects.toThrow(
    /There is no master key, .* sealed with one \([0-9a-f]{16}\)/,
  );
  const left = await readdir(join(keyless, "server"));
  expect(left.filter((name) => name.startsWith("master-key"))).toEqual([]);
});
