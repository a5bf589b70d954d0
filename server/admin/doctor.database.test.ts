import { once } from "node:events";
import { mkdtempDisposable, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RUNTIME_FILE } from "#contract/auth-wire.ts";
import { buildId } from "#contract/build/build-id.ts";
import { version } from "#contract/build/version.ts";
import { openAdmin, runAdmin } from "#server/testing/admin-kit.ts";
import { databases, sqlite } from "#server/testing/databases.ts";
import { noteRestoreProven } from "../store/sql/milestone-store.ts";
import { timeOf } from "../store/sql/database-time.ts";
import { db } from "./db.ts";
import { doctor } from "./doctor.ts";
import { users } from "./users.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NO_MODEL = { OLLAMA_HOST: "127.0.0.1:9" };

describe.each(databases)("pipit admin doctor, on $name", (database) => {
  test("tells a database of an older and of a newer version, damaged audit, and a restore that was proven long ago", async () => {
    await using admin = await openAdmin(database, NO_MODEL);
    const look = async (...flags: readonly string[]) => {
      const { code, stdout } = await runAdmin(admin.config, doctor, flags);
      const line = (part: string) => stdout.split("\n").find((one) => one.includes(` ${part} `));
      return { code, line };
    };
    if (database.name === "PostgreSQL") expect((await look()).line("schema")).toMatch(/^warn .* is empty/);
    await admin.run(users, ["add", "ann", "--password-stdin"], "Correct-Horse-7-battery");
    await admin.with((context) =>
      noteRestoreProven(context.database.db, timeOf({ nowMs: () => Date.now() - 36 * DAY_MS })),
    );
    const well = await look();
    expect(well.code).toBe(0);
    expect(well.line("audit")).toMatch(/^ok .*whole: [1-9]/);
    expect(well.line("backups")).toMatch(/^warn .* 36 days ago\. Run: pipit admin backup verify FILE/);

    await using folder = await mkdtempDisposable(join(tmpdir(), "pipit-backups-"));
    const file = join(folder.path, "pipit-1");
    await admin.run(db, ["backup", file]);
    const atNight = new Date(Date.now() - 3 * DAY_MS);
    await utimes(file, atNight, atNight);
    // What else lies there is newer, and no backup.
    for (const [name, text] of Object.entries({
      "ann.json": '{"login":"ann"}',
      "backup.log": "",
      "empty-dump": "PGDM",
    }))
      await writeFile(join(folder.path, name), text);
    const stale = await look("--backups", folder.path);
    expect([stale.code, stale.line("backups")]).toEqual([
      1,
      expect.stringMatching(/^fail .*newest backup is of 72 h ago/),
    ]);
    await rm(file);
    expect((await look("--backups", folder.path)).line("backups")).toMatch(/^fail .*there is no backup in /);

    await admin.query("update audit_events set event = 'other'");
    const damaged = await look();
    expect([damaged.code, damaged.line("audit")]).toEqual([
      1,
      expect.stringMatching(/^fail .*chain \d+ cannot be trusted \(event-changed\)\. "pipit audit verify"/),
    ]);

    await admin.query("insert into kysely_migration (name, timestamp) values ('9999_later', '2027')");
    const newer = await look();
    expect([newer.code, newer.line("schema"), newer.line("audit")]).toEqual([
      1,
      expect.stringMatching(/^fail .*newer version of Pipit \(schema 9999_later\)\. Update Pipit/),
      expect.stringMatching(/^warn .*not known/),
    ]);
    await admin.query("delete from kysely_migration where name = '9999_later' or name like '0033%'");
    const older = await look();
    expect([older.code, older.line("schema")]).toEqual([
      1,
      expect.stringMatching(/^fail .*older version of Pipit\. .*pipit admin db migrate/),
    ]);
  }, 240_000);
});

test("a file that is no database is told, and left as it is", async () => {
  await using admin = await openAdmin(sqlite, NO_MODEL);
  const file = join(admin.config.dataDir, "pipit.db");
  await writeFile(
    file,
    "this is something else, and long enough to be read as the head of a file of SQLite".repeat(20),
  );
  const { code, stdout } = await runAdmin(admin.config, doctor, ["--json"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/"part":"database","state":"fail"/);
});

test("[O12] a server of another build than the one that is installed is told", async () => {
  await using admin = await openAdmin(sqlite, NO_MODEL);
  await using old = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ status: "healthy", version, build: `${version}+0123456789` }));
  });
  old.listen(0, "127.0.0.1");
  await once(old, "listening");
  const httpUrl = `http://127.0.0.1:${(old.address() as AddressInfo).port}`;
  await writeFile(join(admin.config.dataDir, RUNTIME_FILE), JSON.stringify({ httpUrl }));
  const { stdout } = await runAdmin(admin.config, doctor, []);
  expect(stdout).toContain(`${httpUrl} runs version ${version}+0123456789, and this program is ${buildId}`);
});

test("each server that is named is looked at; one whose database takes no changes is a fault, with the cure", async () => {
  await using admin = await openAdmin(sqlite, NO_MODEL);
  await using full = createServer((_request, response) =>
    response.end('{"status":"degraded","version":"1","storage":"full"}'),
  ).listen(0, "127.0.0.1");
  await once(full, "listening");
  const { port } = full.address() as AddressInfo;
  const folder = admin.config.dataDir;
  await writeFile(join(folder, "runtime.json"), JSON.stringify({ httpUrl: `http://127.0.0.1:${port}` }));
  const { code, stdout } = await runAdmin(admin.config, doctor, ["--server", join(folder, "second")]);
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^fail +server .*storage full\. Free space/m)]);
  expect(stdout).toMatch(/^warn +server +no server of \S+second runs/m);
});
