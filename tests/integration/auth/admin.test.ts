import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { audit } from "#server/admin/audit.ts";
import { db } from "#server/admin/db.ts";
import { users } from "#server/admin/users.ts";
import { readServerConfig, type ServerConfig } from "#server/config/config.ts";
import { systemClock } from "#server/domain/clock.ts";
import { openDatabase } from "#server/store/open-database.ts";
import { runAdmin } from "#server/testing/admin-kit.ts";
import { postgresServerUrl } from "#server/testing/databases.ts";
import { fillDatabase } from "#server/testing/fill-database.ts";
import { createEmptyDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startRedis } from "#tools/test/redis-server.ts";
import { createCliHome, jsonLines, type CliHome } from "../cli-process.ts";
import { startTestServer } from "../start-test-server.ts";

const password = "Correct-Horse-7-battery";
const addAnn = ["add", "ann", "--admin", "--password-stdin"];
/** Until a running server knows better: 1 s for accounts. */
const SEEN = { timeout: 50_000, interval: 100 };

async function serve(home: CliHome): Promise<string> {
  const ports = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const ready = await home.start(["serve", ...ports]).printed(/Pipit is ready: \S+ /);
  return /ready: (\S+) /.exec(ready)?.[1] ?? "";
}

async function signIn(url: string, given = password): Promise<{ status: number; accessToken: string }> {
  const response = await fetch(`${url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: CLI_CLIENT_ID,
      username: "ann",
      password: given,
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  return { status: response.status, accessToken: body.access_token ?? "" };
}

async function statusOf(url: string, accessToken: string): Promise<number> {
  const response = await fetch(`${url}/oauth/sessions`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  await response.body?.cancel();
  return response.status;
}

describe("pipit admin, as a program", () => {
  test("an account that it adds signs in, and is refused by the running server once switched off", async () => {
    await using home = await createCliHome();
    const added = await home.run(["admin", "users", ...addAnn], { input: `${password}\n` });
    const made = `Made a new database: ${join(home.home, "server", "pipit.db")}\n`;
    expect(added).toMatchObject({ code: 0, stderr: made });
    const url = await serve(home);
    const { accessToken } = await signIn(url);
    expect(await statusOf(url, accessToken)).toBe(200);
    const listed = await home.run(["admin", "users", "list", "--json"]);
    expect(jsonLines(listed.stdout)).toContainEqual(expect.objectContaining({ login: "ann", role: "admin" }));

    expect(await home.run(["admin", "users", "deactivate", "ann"])).toMatchObject({
      code: 0,
      stdout: "ann: switched off\n",
    });
    await expect.poll(() => statusOf(url, accessToken), SEEN).toBe(401);
    expect((await signIn(url)).status).toBe(400);
    await home.run(["admin", "users", "activate", "ann"]);
    expect((await signIn(url)).status).toBe(200);

    const copy = await home.run(["admin", "db", "copy", "--from", "sqlite", "--to", "postgres"], {
      env: { PIPIT_DATABASE_URL: "postgres://nobody@127.0.0.1:9/none" },
    });
    expect(copy).toMatchObject({ code: 1, stderr: expect.stringContaining("pipit admin: ") });
  });

  test.each([
    [["admin", "nonsense"]],
    [["admin", "users"]],
    [["keys", "turn"]],
    [["audit", "list", "--since", "x"]],
  ])("a wrong command line ends with 2: %j", async (args) => {
    await using home = await createCliHome();
    expect(await home.run(args)).toMatchObject({ code: 2, stdout: "" });
  });

  test("Ctrl-C leaves nothing of a copy behind", async () => {
    await using database = await createEmptyDatabase(postgresServerUrl());
    await using home = await createCliHome({ PIPIT_DATABASE_URL: database.url });
    const handle = await openDatabase({
      file: join(home.home, "server", "pipit.db"),
      clock: systemClock,
      logger: createRecordingLogger(),
    });
    await handle.migrate();
    await fillDatabase(handle.db, 2000);
    await handle[Symbol.asyncDispose]();
    const { child, result } = home.start(["admin", "db", "copy", "--from", "sqlite", "--to", "postgres"]);
    if (child.stderr === null) throw new Error("no stderr");
    await once(child.stderr, "data");
    child.kill("SIGINT");
    expect(await result).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("Cancelled") });
    expect(await queryPostgres(database.url, "select id from accounts")).toEqual([]);
  });
});

/** A fresh PIPIT_HOME, and the configuration that server and commands read there. */
async function openConfig(
  env: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly home: string; readonly config: ServerConfig }> {
  const home = await mkdtemp(join(tmpdir(), "pipit-admin-"));
  return {
    home,
    config: readServerConfig({ argv: [], env: { PIPIT_HOME: home, ...env } }),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

test("a lockout that Redis keeps is forgotten; without Redis the command fails and says why", async () => {
  await using redis = await startRedis(AbortSignal.timeout(60_000));
  await using place = await openConfig({ PIPIT_REDIS_URL: redis.url });
  const { config, home } = place;
  await runAdmin(config, users, addAnn, { input: `${password}\n` });
  await using server = await startTestServer({ home, config: { redisUrl: redis.url } });
  await signIn(server.httpUrl, "Wrong-Horse-1");
  const client = await createClient({ url: redis.url }).connect();
  const before = await client.keys("*");
  expect(await runAdmin(config, users, ["unlock", "ann"])).toMatchObject({
    code: 0,
    stdout: "ann: unlocked\n",
  });
  const after = await client.keys("*");
  client.destroy();
  // That of the network stays; those of the account are gone.
  expect(after).toHaveLength(1);
  expect(before.length).toBeGreaterThan(1);

  await redis.stop();
  await expect(runAdmin(config, users, ["unlock", "ann"])).rejects.toMatchObject({ name: "PipitError" });
});

describe("pipit admin db copy", () => {
  const copyTo = ["copy", "--from", "sqlite", "--to", "postgres"];

  test("a server's database goes to PostgreSQL and back with the same hashes, and people sign in there", async () => {
    await using database = await createEmptyDatabase(postgresServerUrl());
    await using place = await openConfig({ PIPIT_DATABASE_URL: database.url });
    const { config, home } = place;
    const atHome = readServerConfig({ argv: [], env: { PIPIT_HOME: home } });
    await runAdmin(atHome, users, addAnn, { input: `${password}\n` });
    const there = await runAdmin(config, db, [...copyTo, "--json"]);
    expect(there).toMatchObject({ code: 0, stderr: expect.stringContaining("same master key") });
    expect(jsonLines(there.stdout)).toContainEqual(expect.objectContaining({ table: "accounts", rows: 1 }));
    await expect(runAdmin(config, db, copyTo)).rejects.toThrow("not empty");

    const dir = join(home, "copy");
    const back = await runAdmin(config, db, [
      "copy",
      "--from",
      "postgres",
      "--to",
      `sqlite:${dir}`,
      "--json",
    ]);
    expect(back.code).toBe(0);
    expect(back.stdout).toBe(there.stdout);
    await using server = await startTestServer({ home, config: { databaseUrl: database.url } });
    expect((await signIn(server.httpUrl)).status).toBe(200);
    await mkdir(dir, { recursive: true });
    await copyFile(join(home, "server", "master-key"), join(dir, "master-key"));
    const copied = readServerConfig({ argv: ["--data", dir], env: { PIPIT_HOME: home } });
    expect(await runAdmin(copied, audit, ["verify"])).toMatchObject({ code: 0 });
  });

  test("the folder of a running server is not copied from or to", async () => {
    await using database = await createEmptyDatabase(postgresServerUrl());
    await using server = await startTestServer();
    const env = { PIPIT_HOME: server.home, PIPIT_DATABASE_URL: database.url };
    const config = readServerConfig({ argv: [], env });
    for (const [from, to] of [
      ["sqlite", "postgres"],
      ["postgres", "sqlite"],
    ] as const) {
      await expect(runAdmin(config, db, ["copy", "--from", from, "--to", to])).rejects.toThrow(
        "Another Pipit server",
      );
    }
    await expect(
      runAdmin(config, db, ["copy", "--from", "sqlite", "--to", "sqlite:/tmp"]),
    ).rejects.toMatchObject({ code: "USAGE" });
  });
});
