import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { createMigrations, migrate } from "#server/store/migrations/migrations.ts";
import { createPostgresTurnIndex } from "#server/store/search/postgres-turn-index.ts";
import { createSqliteTurnIndex } from "#server/store/search/sqlite-turn-index.ts";
import { databases, type EmptyDatabase } from "#server/testing/databases.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { builtServerEntry } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";

const MASTER_KEY = Buffer.alloc(32, 7).toString("base64");
const FIRST = "0001_accounts_chats_turns_tokens";
const BUILT_WITHIN_MS = 60_000;
/** Steps at which the server is killed, of the more than thirty. */
const KILLED_AT = [1, 17, 30];

/** A server on a database of the first release, with all that it says. */
async function start({ location }: EmptyDatabase) {
  const entry = await builtServerEntry(repositoryRoot, AbortSignal.timeout(BUILT_WITHIN_MS));
  const [data, env] =
    "file" in location
      ? [dirname(location.file), {}]
      : ["/nonexistent", { PIPIT_DATABASE_URL: location.databaseUrl }];
  const ports = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const child = spawn(process.execPath, [entry, ...ports, "--data", data], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PIPIT_HOME: data,
      OLLAMA_HOST: "127.0.0.1:9",
      PIPIT_MASTER_KEY: MASTER_KEY,
      ...compiledCode,
      ...env,
    },
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  const events: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    try {
      events.push((JSON.parse(line) as { readonly event: string }).event);
    } catch {
      events.push(line);
    }
  });
  const count = (event: string) => events.filter((one) => one === event).length;
  return {
    events,
    until: (event: string, times = 1) =>
      expect.poll(() => count(event), { interval: 1 }).toBeGreaterThanOrEqual(times),
    async end(signal: NodeJS.Signals) {
      child.kill(signal);
      return (await ended)[0];
    },
    ended,
  };
}

async function openOld(database: (typeof databases)[number]): Promise<EmptyDatabase> {
  const empty = await database.openEmpty();
  const { [FIRST]: first } = createMigrations(
    database.name === "SQLite" ? createSqliteTurnIndex() : createPostgresTurnIndex(),
  );
  if (first === undefined) throw new Error("the first migration has another name");
  await migrate(await empty.openDb(), { [FIRST]: first }, "the test's");
  await empty.query(
    "insert into accounts (id, login, display_name, is_local, is_active, created_at_ms) values ('a1', 'ann', 'Ann', 0, 1, 5)",
  );
  return empty;
}

describe.each(databases)("on $name", (database) => {
  test("a server that is killed while it migrates has changed all or nothing, and the next one goes on", async () => {
    await using old = await openOld(database);
    const steps = async () => (await old.query("select name from kysely_migration")).length;
    for (const step of KILLED_AT) {
      const killed = await start(old);
      await killed.until("store.migrating", (await steps()) === 1 ? step : 0);
      await killed.end("SIGKILL");
      expect([1, Object.keys(createMigrations(createSqliteTurnIndex())).length]).toContain(await steps());
    }
    const server = await start(old);
    await server.until("server.ready");
    expect(await old.query("select login from accounts where id = 'a1'")).toEqual([{ login: "ann" }]);
    expect(await server.end("SIGTERM")).toBe(0);
  });
});

const postgres = databases.filter(({ name }) => name === "PostgreSQL");
test.each(postgres)(
  "on $name, in the midst of a step: KILL leaves the old schema, TERM lets the step end first",
  async (database) => {
    await using old = await openOld(database);
    if (!("databaseUrl" in old.location)) throw new Error("a file");
    const url = old.location.databaseUrl;
    const steps = async () => (await old.query("select name from kysely_migration")).length;
    const waits =
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    // A reader holds a table that a step changes.
    const reader = new Client({ connectionString: url });
    await reader.connect();
    try {
      await reader.query("begin");
      await reader.query("select * from accounts, chats, turns");
      const killed = await start(old);
      await expect.poll(async () => (await queryPostgres(url, waits)).length).toBeGreaterThan(0);
      await killed.end("SIGKILL");
      // PostgreSQL notices that its client is gone when the step has ended, and takes all of it back.
      await reader.query("rollback");
      await expect.poll(async () => (await queryPostgres(url, waits)).length).toBe(0);
      await expect.poll(steps).toBe(1);
      await reader.query("begin");
      await reader.query("select * from accounts, chats, turns");
      const asked = await start(old);
      await expect.poll(async () => (await queryPostgres(url, waits)).length).toBeGreaterThan(0);
      const ending = asked.end("SIGTERM");
      await reader.query("rollback");
      expect(await ending).toBe(0);
      expect(asked.events).toContain("store.migrated");
    } finally {
      await reader.end();
    }
    expect(await steps()).toBeGreaterThan(30);
  },
);
