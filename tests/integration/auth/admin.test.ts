import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { systemClock } from "#server/domain/clock.ts";
import { openDatabase } from "#server/store/open-database.ts";
import { databases, postgresServerUrl } from "#server/testing/databases.ts";
import { fillDatabase } from "#server/testing/fill-database.ts";
import { createEmptyDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startRedis } from "#tools/test/redis-server.ts";
import { createCliHome, jsonLines, type CliHome } from "../cli-process.ts";

const password = "Correct-Horse-7-battery";
const MASTER_KEY = Buffer.alloc(32, 9).toString("base64");
/** Until a running server knows better: 1 s for accounts, 5 s for keys. */
const SEEN = { timeout: 20_000, interval: 100 };

/** A home of its own with a database of this kind. */
async function openHome(
  name: "SQLite" | "PostgreSQL",
): Promise<CliHome & { query(text: string): Promise<void> }> {
  await using opening = new AsyncDisposableStack();
  const url =
    name === "PostgreSQL" ? opening.use(await createEmptyDatabase(postgresServerUrl())).url : undefined;
  const env = { PIPIT_MASTER_KEY: MASTER_KEY, ...(url === undefined ? {} : { PIPIT_DATABASE_URL: url }) };
  const home = opening.use(await createCliHome(env));
  const owned = opening.move();
  return {
    ...home,
    async query(text) {
      if (url !== undefined) return void (await queryPostgres(url, text));
      const database = new Database(join(home.home, "server", "pipit.db"));
      database.exec(text);
      database.close();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function serve(home: CliHome, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const ports = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const ready = await home.start(["serve", ...ports], { env }).printed(/Pipit is ready: \S+ /);
  return /ready: (\S+) /.exec(ready)?.[1] ?? "";
}

async function addAnn(home: CliHome): Promise<void> {
  const args = ["admin", "users", "add", "ann", "--admin", "--password-stdin"];
  expect(await home.run(args, { input: `${password}\n` })).toMatchObject({ code: 0, stderr: "" });
}

async function signIn(url: string): Promise<{ status: number; accessToken: string }> {
  const response = await fetch(`${url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: CLI_CLIENT_ID,
      username: "ann",
      password,
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

async function kidsOf(url: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

function kidOf(token: string): string {
  const header = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as {
    kid: string;
  };
  return header.kid;
}

describe.each(databases)("pipit admin on $name", ({ name }) => {
  test("an account that it adds signs in, and is refused by the running server once switched off", async () => {
    await using home = await openHome(name);
    await addAnn(home);
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
  });

  test("keys are rotated beside a running server, and what the old one signed stays good", async () => {
    await using home = await openHome(name);
    await addAnn(home);
    const url = await serve(home);
    const { accessToken } = await signIn(url);
    const rotated = await home.run(["keys", "rotate", "--algorithm", "RS256"]);
    const kid = /^RS256: published (\S+);/.exec(rotated.stdout)?.[1];
    expect(kid).toBeDefined();
    await expect.poll(() => kidsOf(url), SEEN).toContain(kid);
    expect(kidOf((await signIn(url)).accessToken)).toBe(kidOf(accessToken));

    expect((await home.run(["keys", "rotate", "--algorithm", "RS256", "--now"])).stdout).toMatch(
      `RS256: ${kid} signs now`,
    );
    await expect.poll(async () => kidOf((await signIn(url)).accessToken), SEEN).toBe(kid);
    expect(await statusOf(url, accessToken)).toBe(200);
  });

  test("a changed event fails the check of the audit log, and is named", async () => {
    await using home = await openHome(name);
    await addAnn(home);
    await home.run(["admin", "users", "role", "ann", "user"]);
    expect(await home.run(["audit", "verify"])).toMatchObject({
      code: 0,
      stdout: "The audit log is whole: 2 events\n",
    });
    await home.query("update audit_events set user_id = 'somebody' where event = 'account.role_changed'");
    const [{ id } = { id: "" }] = jsonLines(
      (await home.run(["audit", "list", "--json", "--limit", "1"])).stdout,
    );
    const { code, stdout } = await home.run(["audit", "verify"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^Changed: event ${String(id)} \\(number \\d of chain \\d+\\)\\n$`));
  });

  test("a schema of an older version is left to an explicit command", async () => {
    await using home = await openHome(name);
    expect(await home.run(["admin", "db", "status"])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/schema +none\npending +0001_\S+ 0002_\S+ 0003_/),
    });
    expect((await home.run(["admin", "db", "migrate"])).stdout).toMatch(/^0001_\S+: done\n0002_\S+: done\n/);
    expect((await home.run(["admin", "db", "migrate"])).stdout).toMatch(/ is up to date\n$/);
    expect(await home.run(["admin", "db", "status"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^accounts +0$/m),
    });
    await home.query("delete from kysely_migration where name like '0003%'");
    expect(await home.run(["admin", "users", "list"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("pipit admin db migrate"),
    });
  });

  test.each([
    [["admin", "nonsense"]],
    [["admin", "users"]],
    [["keys", "turn"]],
    [["audit", "list", "--since", "x"]],
  ])("a wrong command line ends with 2: %j", async (args) => {
    await using home = await openHome(name);
    expect(await home.run(args)).toMatchObject({ code: 2, stdout: "" });
  });
});

test("a lockout that Redis keeps is forgotten; without Redis the command fails and says why", async () => {
  await using redis = await startRedis(AbortSignal.timeout(30_000));
  await using home = await createCliHome({ PIPIT_REDIS_URL: redis.url });
  await addAnn(home);
  const url = await serve(home);
  const body = {
    grant_type: "password",
    client_id: CLI_CLIENT_ID,
    username: "ann",
    password: "Wrong-Horse-1",
  };
  await fetch(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams(body) });
  const client = await createClient({ url: redis.url }).connect();
  const before = await client.keys("*");
  expect(await home.run(["admin", "users", "unlock", "ann"])).toMatchObject({
    code: 0,
    stdout: "ann: unlocked\n",
  });
  const after = await client.keys("*");
  client.destroy();
  // That of the network stays; those of the account are gone.
  expect(after).toHaveLength(1);
  expect(before.length).toBeGreaterThan(1);

  await redis.stop();
  const { code, stderr } = await home.run(["admin", "users", "unlock", "ann"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/pipit admin: /);
});

describe("pipit admin db copy", () => {
  test("a server's database goes to PostgreSQL and back with the same hashes, and people sign in there", async () => {
    await using database = await createEmptyDatabase(postgresServerUrl());
    await using home = await createCliHome();
    const env = { PIPIT_DATABASE_URL: database.url };
    await addAnn(home);
    const copyTo = ["admin", "db", "copy", "--from", "sqlite", "--to", "postgres"];
    const there = await home.run([...copyTo, "--json"], { env });
    expect(there).toMatchObject({ code: 0, stderr: expect.stringContaining("same master key") });
    expect(jsonLines(there.stdout)).toContainEqual(expect.objectContaining({ table: "accounts", rows: 1 }));
    const again = await home.run(copyTo, { env });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("not empty") });

    const dir = join(home.home, "copy");
    const back = await home.run(
      ["admin", "db", "copy", "--from", "postgres", "--to", `sqlite:${dir}`, "--json"],
      {
        env,
      },
    );
    expect(back.code).toBe(0);
    expect(back.stdout).toBe(there.stdout);
    const url = await serve(home, env);
    expect((await signIn(url)).status).toBe(200);
    await mkdir(dir, { recursive: true });
    await copyFile(join(home.home, "server", "master-key"), join(dir, "master-key"));
    expect(await home.run(["audit", "verify", "--data", dir])).toMatchObject({ code: 0 });
  });

  test("the folder of a running server is not copied from or to", async () => {
    await using database = await createEmptyDatabase(postgresServerUrl());
    await using home = await createCliHome();
    await serve(home);
    const env = { PIPIT_DATABASE_URL: database.url };
    for (const [from, to] of [
      ["sqlite", "postgres"],
      ["postgres", "sqlite"],
    ] as const) {
      expect(await home.run(["admin", "db", "copy", "--from", from, "--to", to], { env })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("Another Pipit server"),
      });
    }
    expect(
      await home.run(["admin", "db", "copy", "--from", "sqlite", "--to", "sqlite:/tmp"], { env }),
    ).toMatchObject({
      code: 2,
    });
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
