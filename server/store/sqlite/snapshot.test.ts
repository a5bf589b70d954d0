import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely } from "kysely";
import { expect, test } from "vitest";
import { createManualClock, createRecordingLogger } from "#server/testing/temporary-store.ts";
import { createMigrations, migrate } from "../migrations/migrations.ts";
import { createSqliteTurnIndex } from "../search/sqlite-turn-index.ts";
import type { Tables } from "../sql/schema.ts";
import { openDatabase } from "../open-database.ts";
import { openStore } from "../store.ts";
import { openDatabaseFile } from "./open-sqlite.ts";
import { writeSnapshot } from "./snapshot.ts";
import { ServerSqliteDialect, SharedSqlite } from "./sqlite-dialect.ts";

const NOW = Date.UTC(2026, 10, 30, 4, 5, 6);
const HEADS = "select name from kysely_migration order by name desc limit 1";

/** A database as the version before this one has left it, with one account. */
async function openOlder() {
  const dir = await mkdtemp(join(tmpdir(), "pipit-snapshot-"));
  const options = {
    file: join(dir, "pipit.db"),
    clock: createManualClock(NOW),
    logger: createRecordingLogger(),
  };
  const all = Object.entries(createMigrations(createSqliteTurnIndex()));
  const [last] = all.at(-1) ?? [""];
  const [before] = all.at(-2) ?? [""];
  const { database } = await openDatabaseFile(options);
  const db = new Kysely<Tables>({ dialect: new ServerSqliteDialect(new SharedSqlite(database), true) });
  await migrate(db, Object.fromEntries(all.slice(0, -1)), options.file);
  database.exec(
    "insert into accounts (id, login, login_key, display_name, is_local, is_active, created_at_ms) values ('a', 'ann', 'ann', 'Ann', 0, 1, 5)",
  );
  await db.destroy();
  const copies = async () =>
    (await readdir(dir)).filter((name) => name.includes(".before-") || name.includes(".tmp"));
  return {
    ...options,
    dir,
    last,
    before,
    copies,
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

function ask(file: string, query: string): unknown {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare(query).pluck().get();
  } finally {
    database.close();
  }
}

test("[O12] a database of an older version is copied before it is changed, and each step is told", async () => {
  await using older = await openOlder();
  const { file, dir, last, before, logger, copies } = older;
  // Of the migration before: one such copy is enough. That of another file stays.
  await writeFile(`${file}.before-0001-x`, "older");
  await writeFile(join(dir, "other.db.before-0001-x"), "other");
  {
    await using store = await openStore(older);
    expect(await store.auth.accounts.findById("a")).toMatchObject({ login: "ann" });
  }
  const copy = `pipit.db.before-${last}-20261130T040506.000Z`;
  expect((await copies()).toSorted()).toEqual(["other.db.before-0001-x", copy]);
  const path = join(dir, copy);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(ask(path, HEADS)).toBe(before);
  expect(ask(path, "select login from accounts")).toBe("ann");
  expect(ask(file, HEADS)).toBe(last);
  const told = logger.lines.filter(({ event }) => event.startsWith("store."));
  expect(
    told.map(({ event, fields }) => [event, fields["step"] ?? fields["copy"] ?? fields["steps"]]),
  ).toEqual([
    ["store.copied_before_migration", path],
    ["store.migrating", last],
    ["store.migration_step", last],
    ["store.migrated", 1],
  ]);
  // The copy goes by itself a month later.
  older.clock.advance(Date.now() - NOW + 31 * 24 * 60 * 60 * 1000);
  await (await openStore(older))[Symbol.asyncDispose]();
  expect(await copies()).toEqual(["other.db.before-0001-x"]);
});

test("where no copy can be made nothing is changed, until the operator does without", async () => {
  await using older = await openOlder();
  const { file, last, before, copies } = older;
  // The name is taken, as a full or read-only disk would refuse it.
  const taken = `${file}.before-${last}-20261130T040506.000Z`;
  await writeFile(taken, "taken");
  await expect(openStore(older)).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringMatching(/nothing was changed.*pipit admin db migrate --without-backup/) as string,
  });
  expect(ask(file, HEADS)).toBe(before);
  expect(await copies()).toHaveLength(1);
  await using database = await openDatabase(older);
  expect(await database.migrate({ withoutBackup: true })).toEqual([last]);
  expect(await readFile(taken, "utf8")).toBe("taken");
});

test("a snapshot is whole beside a writer, holds nothing that was deleted, and replaces no file", async () => {
  await using older = await openOlder();
  const { file, dir } = older;
  const writer = new Database(file);
  // As a server would leave it that does not overwrite what it deletes.
  writer.pragma("secure_delete = OFF");
  writer.exec(
    "update accounts set about = 'quetzalcoatlus'; update accounts set about = null; begin immediate",
  );
  writer.exec("update accounts set display_name = 'Nobody'");
  const target = join(dir, "copy.db");
  await writeSnapshot(file, target, new AbortController().signal);
  writer.close();
  expect(ask(target, "select display_name from accounts")).toBe("Ann");
  expect(ask(target, "pragma integrity_check")).toBe("ok");
  expect((await readFile(target)).includes("quetzalcoatlus")).toBe(false);
  await expect(writeSnapshot(file, target, new AbortController().signal)).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    field: "file",
  });
  await expect(
    writeSnapshot(file, join(dir, "other.db"), AbortSignal.abort(new Error("given up"))),
  ).rejects.toThrow("given up");
  expect((await readdir(dir)).filter((name) => /tmp|other/.test(name))).toEqual([]);
});
