import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely } from "kysely";
import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createMigrations, migrate } from "../migrations/migrations.ts";
import { openDatabaseFile } from "../sqlite/open-sqlite.ts";
import type { Tables } from "../sql/schema.ts";
import { ServerSqliteDialect, SharedSqlite } from "../sqlite/sqlite-dialect.ts";
import { createSqliteTurnIndex } from "../search/sqlite-turn-index.ts";
import { isCorruption, toRunningError, toStartError } from "./storage-errors.ts";
import { createManualClock, createRecordingLogger } from "#server/testing/temporary-store.ts";

const file = "/srv/pipit/pipit.db";
const withCode = (code: string) => Object.assign(new Error("underneath"), { code });

describe.each([
  ["SQLITE_FULL", "STORAGE_FULL"],
  ["ENOSPC", "STORAGE_FULL"],
  ["EDQUOT", "STORAGE_FULL"],
  ["EFBIG", "STORAGE_FULL"],
  ["SQLITE_CORRUPT_INDEX", "STORAGE_CORRUPT"],
  ["SQLITE_NOTADB", "STORAGE_CORRUPT"],
  ["SQLITE_BUSY_SNAPSHOT", "DATA_FOLDER_IN_USE"],
  ["SQLITE_CANTOPEN", "STORAGE_UNREADABLE"],
  ["SQLITE_READONLY_DIRECTORY", "STORAGE_UNREADABLE"],
  ["SQLITE_IOERR_READ", "STORAGE_UNREADABLE"],
  ["EACCES", "STORAGE_UNREADABLE"],
  ["EROFS", "STORAGE_UNREADABLE"],
])("%s becomes %s", (code, expected) => {
  test("while the server runs: without a path in the message", () => {
    const error = toRunningError(withCode(code), file);
    expect(error.code).toBe(expected);
    expect(error.message).not.toContain("/srv");
    expect(error.message).not.toContain("underneath");
    expect(error.detail).toBe(`${code} underneath (${file})`);
  });

  test("at the start: with the path and the cure", () => {
    const error = toStartError(withCode(code), file);
    expect(error.code).toBe(expected);
    expect(error.message).toContain("/srv/pipit");
    expect(error.message).not.toContain("underneath");
    const again = toStartError(toRunningError(withCode(code), file), file);
    expect(again).toMatchObject({ code: expected, message: error.message });
  });
});

describe("anything else", () => {
  test("stays what it is when it is ours", () => {
    const ours = new PipitError("CHAT_NOT_FOUND", "No chat.");
    expect(toRunningError(ours, file)).toBe(ours);
    expect(toStartError(ours, file)).toBe(ours);
  });

  test.each([[new Error("x")], [withCode("SQLITE_CONSTRAINT_UNIQUE")], ["text"], [undefined]])(
    "is internal (%#)",
    (reason) => {
      expect(toRunningError(reason, file).code).toBe("INTERNAL");
      expect(toStartError(reason, file).code).toBe("INTERNAL");
      expect(isCorruption(reason)).toBe(false);
    },
  );
});

test("a migration on a full disk leaves nothing half made, and works once there is room", async () => {
  const dir = await mkdtemp(join(tmpdir(), "pipit-full-"));
  const path = join(dir, "pipit.db");
  const { database } = await openDatabaseFile({
    file: path,
    clock: createManualClock(),
    logger: createRecordingLogger(),
  });
  const db = new Kysely<Tables>({ dialect: new ServerSqliteDialect(new SharedSqlite(database), true) });
  const migrations = createMigrations(createSqliteTurnIndex());
  const tables = () =>
    database
      .prepare<unknown[], { name: string }>("select name from sqlite_schema where type = 'table'")
      .all()
      .map((row) => row.name)
      .filter((name) => !/^(kysely|sqlite)_/.test(name));
  try {
    // Room for Kysely's own two tables and some of ours.
    database.pragma("max_page_count = 12");
    await expect(migrate(db, migrations, path)).rejects.toMatchObject({ code: "STORAGE_FULL" });
    expect(tables()).toEqual([]);
    database.pragma("max_page_count = 1000000");
    await migrate(db, migrations, path);
    expect(tables()).toContain("turns");
  } finally {
    await db.destroy();
    database.close();
    expect(await readdir(dir)).toEqual(["pipit.db"]);
    await rm(dir, { recursive: true });
  }
});
