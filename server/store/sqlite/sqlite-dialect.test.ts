import { mkdtemp, open, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BUSY_TIMEOUT_MS } from "./open-sqlite.ts";
import { SharedSqlite } from "./sqlite-dialect.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-shared-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("waits for locks as long as before, also when its log could not be emptied", async () => {
  const database = new Database(join(folder, "pipit.db"), { timeout: BUSY_TIMEOUT_MS });
  database.pragma("journal_mode = WAL");
  const shared = new SharedSqlite(database, () => {
    throw new Error("the disk is full");
  });
  await expect(shared.emptyLog()).rejects.toThrow("the disk is full");
  expect(database.pragma("busy_timeout", { simple: true })).toBe(BUSY_TIMEOUT_MS);
  await shared.close();
  await expect(shared.emptyLog()).rejects.toThrow("not open");
  await shared.take();
});

test("says what is wrong with a disk that takes a commit only when it is synced", async () => {
  const database = new Database(join(folder, "pipit.db"));
  database.pragma("journal_mode = WAL");
  database.exec("create table t (a)");
  const shared = new SharedSqlite(database);
  {
    await using any = await open(folder, "r");
    const failing = vi.spyOn(Object.getPrototypeOf(any) as FileHandle, "datasync");
    failing.mockRejectedValueOnce(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));
  }
  await expect(shared.committed()).rejects.toMatchObject({ code: "STORAGE_FULL" });
  await shared.committed();
  await shared.close();
});
