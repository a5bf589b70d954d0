import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { RUNTIME_FILE } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";

const LOCK_FILE = "server.lock";
const PID_FILE = "server.pid";

/**
 * Makes the server's own folder if it is missing (mode 0700) and takes it for this process alone, until disposed.
 *
 * The lock is SQLite's own on an empty file: the system drops it when the process ends, however it ends, so a server
 * that was killed can be started again at once and two that start together can never both win.
 *
 * @throws PipitError STORAGE_UNREADABLE, STORAGE_FULL, or DATA_FOLDER_IN_USE naming the pid of the holder.
 */
export async function openDataFolder(path: string): Promise<AsyncDisposable & { readonly path: string }> {
  await makeFolder(path);
  const lock = await takeLock(path);
  const pidFile = join(path, PID_FILE);
  try {
    await writeFile(pidFile, `${process.pid}\n`, { mode: 0o600 });
    // Left by a server that was killed; it would send clients to a port that is not ours.
    await rm(join(path, RUNTIME_FILE), { force: true });
  } catch (error) {
    lock.close();
    throw storageError(path, error);
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(pidFile, { force: true });
      lock.close();
    },
  };
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { mode } = await stat(path);
    // It holds keys: no other user may look into it, even if another user made it.
    if ((mode & 0o077) !== 0) await chmod(path, 0o700);
  } catch (error) {
    throw storageError(path, error);
  }
}

async function takeLock(path: string): Promise<Database.Database> {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(join(path, LOCK_FILE), { timeout: 0 });
    // No second file beside an empty one.
    lock.pragma("journal_mode = MEMORY");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (systemCodeOf(error) !== "SQLITE_BUSY") throw storageError(path, error);
    const pid = await readPid(path);
    throw new PipitError(
      "DATA_FOLDER_IN_USE",
      `Another Pipit server${pid === undefined ? "" : ` (process ${pid})`} is using ${path}. Stop it, or give this one another folder with --data DIR.`,
      { cause: error },
    );
  }
}

async function readPid(path: string): Promise<number | undefined> {
  const content = await readFile(join(path, PID_FILE), "utf8").catch(() => "");
  const pid = Number.parseInt(content, 10);
  return Number.isSafeInteger(pid) ? pid : undefined;
}

/** A fault of the folder as an error that says what to do. */
function storageError(path: string, error: unknown): PipitError {
  const code = systemCodeOf(error);
  if (isFullDisk(code)) {
    return new PipitError("STORAGE_FULL", `There is no space left for ${path}. Free some and start again.`, {
      cause: error,
    });
  }
  const why =
    code === "EEXIST" || code === "ENOTDIR"
      ? "it, or a folder above it, is a file"
      : code || "unknown reason";
  return new PipitError(
    "STORAGE_UNREADABLE",
    `The data folder ${path} cannot be used (${why}). Check its owner and mode, or choose another with --data DIR.`,
    { cause: error },
  );
}
