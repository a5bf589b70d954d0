import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { AdminGroup } from "#server/admin/admin-deps.ts";
import { db } from "#server/admin/db.ts";
import { users } from "#server/admin/users.ts";
import { readServerConfig } from "#server/config/config.ts";
import { runAdmin } from "#server/testing/admin-kit.ts";
import { startRedis } from "#tools/test/redis-server.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { startPostgres } from "#tools/test/postgres-server.ts";
import { createCliHome } from "../cli-process.ts";
import { commandsOf, runCommands } from "./operations-page.ts";

const PASSWORD = "Correct-Horse-7-battery\n";
const START_MS = 60_000;
const LONG_AGO = new Date(Date.now() - 40 * 24 * 60 * 60 * 1000);

async function blocks() {
  const [backup, key, restoreFile, restorePostgres, newRole, oldRole, newWord, oldWord, ...more] =
    await commandsOf("backups.md");
  expect(more).toEqual([]);
  return { backup, key, restoreFile, restorePostgres, newRole, oldRole, newWord, oldWord };
}

async function foldersIn(home: string) {
  const [BACKUPS, KEYS] = [join(home, "backups"), join(home, "keys")];
  for (const folder of [BACKUPS, KEYS]) await mkdir(folder, { mode: 0o700 });
  return { BACKUPS, KEYS };
}

test("docs/operations/backups.md on SQLite: its commands, from a backup to another machine", async () => {
  const { backup, key, restoreFile } = await blocks();
  await using home = await createCliHome();
  await using elsewhere = await createCliHome();
  const folders = await foldersIn(home.home);
  const old = join(folders.BACKUPS, "pipit-2026-01-01");
  await writeFile(old, "of last month");
  await utimes(old, LONG_AGO, LONG_AGO);
  expect(
    await home.run(["admin", "users", "add", "ann", "--password-stdin"], { input: PASSWORD }),
  ).toMatchObject({ code: 0 });

  const made = await runCommands(backup, { ...folders, PIPIT_HOME: home.home });
  expect(made).toMatch(/can be restored\n[^]*^ok +backups/m);
  expect(await readdir(folders.BACKUPS)).toHaveLength(1);
  await runCommands(key, { ...folders, PIPIT_HOME: home.home });
  const restored = await runCommands(restoreFile, { ...folders, PIPIT_HOME: elsewhere.home });
  expect(restored).toMatch(/The audit log is whole[^]*^ok +master-key/m);
  expect((await elsewhere.run(["admin", "users", "list"])).stdout).toContain("ann");
}, 400_000);

test("docs/operations/backups.md on PostgreSQL and Redis: a backup, its restore, and passwords that change while the old ones still work", async () => {
  const { backup, restorePostgres, newRole, oldRole, newWord, oldWord } = await blocks();
  await using cleanup = new AsyncDisposableStack();
  const home = cleanup.use(await createCliHome());
  const redis = cleanup.use(await startRedis(AbortSignal.timeout(START_MS)));
  const folders = await foldersIn(home.home);
  const postgres = cleanup.use(await startPostgres(AbortSignal.timeout(START_MS)));
  const server = new URL(postgres.url);
  const env: Record<string, string> = {
    ...folders,
    PIPIT_HOME: home.home,
    PIPIT_MASTER_KEY: Buffer.alloc(32, 4).toString("base64"),
    PGHOST: server.hostname,
    PGPORT: server.port,
    PGUSER: "postgres",
  };
  const psql = (text: string) => runCommands(`psql --quiet --dbname postgres --command "${text}"`, env);
  // As Debian has it: the superuser is postgres, whoever else comes needs a password.
  await queryPostgres(postgres.url, "create role postgres superuser login");
  await psql("alter role pipit rename to first_of_all");
  await writeFile(
    join(postgres.socketFolder, "data/pg_hba.conf"),
    "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
  );
  await psql("select pg_reload_conf()");
  await psql("create role pipit login createdb password 'first'");
  await psql("create database pipit owner pipit");
  const at = (user: string, word: string, name = "pipit") => {
    const url = `postgres://${user}@${server.host}/${name}`;
    return { ...env, PIPIT_DATABASE_URL: url, PIPIT_DATABASE_PASSWORD: word };
  };
  const admin = (given: Readonly<Record<string, string>>, group: AdminGroup, ...args: readonly string[]) =>
    runAdmin(readServerConfig({ argv: [], env: given }), group, args, { input: PASSWORD });
  const logins = async (user: string, word: string, name?: string) => {
    const url = new URL(at(user, word, name).PIPIT_DATABASE_URL);
    url.password = word;
    return (await queryPostgres(url.href, "select login from accounts")).map(({ login }) => String(login));
  };
  const before = at("pipit", "first");
  await admin(before, users, "add", "ann", "--password-stdin");
  expect(await runCommands(backup, before)).toContain("can be restored\n");
  await runCommands(restorePostgres, env);
  expect(await logins("pipit", "first", "pipit_restored")).toEqual(["ann"]);

  await runCommands(newRole, env);
  const second = (await readFile(join(folders.KEYS, "database-password.new"), "utf8")).trim();
  const both = [logins("pipit", "first"), logins("pipit_2", second)];
  expect(await Promise.all(both)).toEqual([["ann"], ["ann"]]);
  await expect(logins("pipit_2", "first")).rejects.toThrow("password authentication failed");
  await runCommands(oldRole, env);
  const after = at("pipit_2", second);
  await admin(after, users, "add", "bob", "--password-stdin");
  const last = join(folders.BACKUPS, "last");
  expect(await admin(after, db, "backup", last)).toMatchObject({ code: 0 });
  const refused = { ...before, PIPIT_HOME: folders.KEYS };
  await expect(admin(refused, users, "list")).rejects.toMatchObject({ code: "CONFIG_INVALID" });

  await writeFile(join(folders.KEYS, "redis-password"), "first-word", { mode: 0o600 });
  const at6379 = `redis-cli() { command redis-cli -p ${redis.port} "$@"; }`;
  await runCommands("redis-cli acl setuser default '>first-word' resetpass '>first-word'", {}, at6379);
  const withFirst = { REDISCLI_AUTH: "first-word", ...folders };
  await runCommands(newWord, withFirst, at6379);
  const fresh = (await readFile(join(folders.KEYS, "redis-password.new"), "utf8")).trim();
  const ping = (word: string) => runCommands("redis-cli ping", { REDISCLI_AUTH: word }, at6379);
  expect([await ping("first-word"), await ping(fresh)]).toEqual(["PONG\n", "PONG\n"]);
  await runCommands(oldWord, { REDISCLI_AUTH: fresh, ...folders }, at6379);
  expect([(await ping("first-word")).includes("PONG"), await ping(fresh)]).toEqual([false, "PONG\n"]);
}, 600_000);
