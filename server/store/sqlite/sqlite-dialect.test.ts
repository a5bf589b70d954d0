import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
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
