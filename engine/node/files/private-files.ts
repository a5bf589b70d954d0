import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";

const GROUP_AND_OTHERS = 0o077;
const STICKY = 0o1000;

/**
 * Makes a folder that only this user can enter (0700). One that exists is closed to others too, unless it is shared on
 * purpose (sticky, as /tmp is) or not ours: then it is left alone, and the files in it are 0600 all the same.
 *
 * @throws PipitError STORAGE_UNREADABLE, STORAGE_FULL.
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const info = await stat(path);
    const ours = process.getuid !== undefined && info.uid === process.getuid();
    if (ours && (info.mode & GROUP_AND_OTHERS) !== 0 && (info.mode & STICKY) === 0) await chmod(path, 0o700);
  } catch (error) {
    throw storageError(error, path);
  }
}

/** A whole content, or pieces that are written as they come. */
type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Replaces a file at once: a reader sees the old or the new content, also after a power cut. Mode 0600.
 *
 * @throws PipitError STORAGE_FULL with the old content still in place; STORAGE_UNREADABLE.
 */
export async function writePrivateFile(path: string, content: FileContent): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, path);
  }
}

/** Undefined when there is no such file. @throws PipitError STORAGE_UNREADABLE */
export async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw storageError(error, path);
  });
}

async function writeSynced(path: string, content: FileContent): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(content);
  await file.sync();
}

/** Moves a file out of the way, never over another one. Resolves to its new path. */
export async function setAside(path: string, why: string): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(/[:.]/gu, "-");
  const aside = `${path}.${why}-${stamp}-${randomBytes(2).toString("hex")}`;
  await rename(path, aside);
  return aside;
}

/** What a failed file operation means to a person. */
export function storageError(error: unknown, path: string): PipitError {
  if (error instanceof PipitError) return error;
  const code = systemCodeOf(error);
  if (isFull(code)) {
    return new PipitError(
      "STORAGE_FULL",
      `The disk is full: ${path} could not be written. Free some space and try again.`,
      { cause: error },
    );
  }
  return new PipitError(
    "STORAGE_UNREADABLE",
    `${path} cannot be used (${code || "unknown reason"}). Check that it belongs to you and can be written, or choose another folder with PIPIT_HOME.`,
    { cause: error },
  );
}

/** Of a full disk, or of what this user may take of it. */
export function isFull(code: string): boolean {
  // SQLite says this of a quota (EDQUOT) and of a limit of the process (EFBIG).
  return isFullDisk(code) || code === "SQLITE_IOERR_WRITE";
}

/** Makes the rename itself durable. Windows cannot open a folder, and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await using handle = await open(folder, "r");
  await handle.sync();
}
