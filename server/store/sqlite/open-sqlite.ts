import { constants, writeFileSync } from "node:fs";
import { link, mkdir, open, rm, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { systemCodeOf } from "#contract/system-error.ts";
import type { DatabaseWatch } from "../sql/database-watch.ts";
import { isCorruption, toStartError } from "../errors/storage-errors.ts";

/** How long a statement waits for another connection's lock. */
export const BUSY_TIMEOUT_MS = 5000;
/** Up to this size every page is checked at each start (about 60 ms); a larger file only when there is a reason to. */
const ALWAYS_CHECKED_MAX_BYTES = 8 * 1024 * 1024;
/** First bytes of every database that is not empty (https://www.sqlite.org/fileformat2.html §1.3). */
export const SQLITE_MAGIC = "SQLite format 3\0";

export interface OpenSqliteOptions {
  /** Path of the SQLite file; made, with its folder, when it is missing. */
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a statement waits for another connection's lock; default {@link BUSY_TIMEOUT_MS}. */
  readonly busyTimeoutMs?: number | undefined;
  readonly watch?: DatabaseWatch | undefined;
  /** Leaves a damaged file where it is and throws STORAGE_CORRUPT: a server may have it open. */
  readonly keepDamaged?: boolean | undefined;
}

/**
 * Opens the database file, making it (0600) and its folder (0700) when they are missing. A damaged file is kept under
 * another name, with its journal files (`setAside`), and a fresh one is opened.
 * Throws STORAGE_UNREADABLE, STORAGE_FULL or DATA_FOLDER_IN_USE with a message that names the path and the cure.
 */
export async function openDatabaseFile(
  options: OpenSqliteOptions,
): Promise<{ readonly database: Database.Database; readonly setAside: string | undefined }> {
  const { file, clock, logger, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
  const openChecked = async () => {
    await checkHeader(file);
    const database = connect(file, await needsFullCheck(file), busyTimeoutMs);
    await rm(suspectMark(file), { force: true });
    return database;
  };
  try {
    await ensureFile(file);
    try {
      return { database: await openChecked(), setAside: undefined };
    } catch (reason) {
      if (!isCorruption(reason) || options.keepDamaged === true) throw reason;
      const setAside = await keepAside(file, clock.nowMs());
      logger.warn("store.set_aside", {
        file,
        setAside,
        reason: reason instanceof Error ? reason.message : String(reason),
        cure: "The database was damaged. It is kept under the name above; a fresh one is in use.",
      });
      await ensureFile(file);
      return { database: await openChecked(), setAside };
    }
  } catch (reason) {
    throw toStartError(reason, file);
  }
}

/** Has the next start check every page: called when a damaged page was met, which the quick look at start had missed. */
export function markSuspect(file: string): void {
  // Synchronous, since the process may not live much longer; without the mark, the next fault brings us here again.
  try {
    writeFileSync(suspectMark(file), "", { mode: 0o600 });
  } catch {
    // A disk that takes no empty file is told of by the error that is on its way already.
  }
}

function suspectMark(file: string): string {
  return `${file}.suspect`;
}

/** In bytes; undefined for a file that is not there. */
async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** Small files always; others when a server was killed (it left its journal) or has met a damaged page. */
async function needsFullCheck(file: string): Promise<boolean> {
  if (((await sizeOf(file)) ?? 0) <= ALWAYS_CHECKED_MAX_BYTES) return true;
  return ((await sizeOf(`${file}-wal`)) ?? 0) > 0 || (await sizeOf(suspectMark(file))) !== undefined;
}

/** Without SQLite: it would delete the journal of a file whose header it does not know, and with it the newest data. */
async function checkHeader(file: string): Promise<void> {
  const handle = await open(file, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(SQLITE_MAGIC.length),
      0,
      SQLITE_MAGIC.length,
      0,
    );
    if (bytesRead > 0 && buffer.toString("latin1") !== SQLITE_MAGIC) {
      throw new PipitError("STORAGE_CORRUPT", "The database file is damaged.", {
        detail: "no SQLite header",
      });
    }
  } finally {
    await handle.close();
  }
}

/** Makes the file readable by its owner only, and finds out with a clear errno whether we may read and write it. */
async function ensureFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) await handle.chmod(0o600);
  } finally {
    await handle.close();
  }
}

function connect(file: string, fullCheck: boolean, timeout: number): Database.Database {
  const database = new Database(file, { timeout });
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = NORMAL");
    database.pragma("foreign_keys = ON");
    // What is deleted is overwritten in the file, not only marked as free.
    database.pragma("secure_delete = ON");
    database.prepare("select count(*) from sqlite_schema").get();
    if (fullCheck) {
      const verdict: unknown = database.pragma("quick_check(1)", { simple: true });
      if (verdict !== "ok")
        throw new PipitError("STORAGE_CORRUPT", "The database is damaged.", { detail: String(verdict) });
    }
    return database;
  } catch (reason) {
    database.close();
    throw reason;
  }
}

/** Renames the database and its journals to `<file>.corrupt-<UTC time>[-n]`; never over an existing file. */
async function keepAside(file: string, nowMs: number): Promise<string> {
  const stamp = new Date(nowMs).toISOString().replace(/[-:]/g, "");
  for (let attempt = 0; ; attempt++) {
    const target = `${file}.corrupt-${stamp}${attempt === 0 ? "" : `-${attempt}`}`;
    if (!(await moveUnlessTaken(file, target))) continue;
    for (const suffix of ["-wal", "-shm"]) await moveUnlessTaken(file + suffix, target + suffix);
    return target;
  }
}

/** False when `to` is taken. A missing `from` counts as moved. `link` fails on an existing name, `rename` would not. */
async function moveUnlessTaken(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (reason) {
    const code = systemCodeOf(reason);
    if (code === "EEXIST") return false;
    if (code === "ENOENT") return true;
    throw reason;
  }
  await unlink(from);
  return true;
}
