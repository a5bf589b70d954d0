import { copyFile, open, rename, stat, truncate, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ensurePrivateFolder, storageError } from "../files/private-files.ts";
import { systemCodeOf } from "#contract/system-error.ts";

/** Size at which a log file is put aside; the one before it is dropped. */
const MAX_BYTES = 5 * 1024 * 1024;
const CHECK_EVERY_MS = 60_000;
const TAIL_BYTES = 8 * 1024;

/** The log file of a server that this program starts. */
export type ServerLog = Awaited<ReturnType<typeof openServerLog>>;

/**
 * Opens `<folder>/server.log` for appending (mode 0600), putting a full one aside as `server.log.1` now and every minute.
 *
 * @throws PipitError STORAGE_UNREADABLE, STORAGE_FULL.
 */
export async function openServerLog(folder: string) {
  await ensurePrivateFolder(folder);
  const path = join(folder, "server.log");
  let file: FileHandle;
  try {
    if ((await sizeOf(path)) > MAX_BYTES) await rename(path, `${path}.1`);
    file = await open(path, "a", 0o600);
  } catch (error) {
    throw storageError(error, path);
  }
  const timer = setInterval(() => void rotate(path).catch(() => undefined), CHECK_EVERY_MS);
  timer.unref();
  return {
    path,
    /** For the child's standard error: what it writes needs no help from this program, however busy that is. */
    fd: file.fd,
    /** The last line that says what happened, or "". */
    lastLine: () => readLastLine(path),
    async [Symbol.asyncDispose](): Promise<void> {
      clearInterval(timer);
      await file.close();
    },
  };
}

/** The server holds the file open in append mode, so it is emptied in place: a renamed file would go on growing. */
async function rotate(path: string): Promise<void> {
  if ((await sizeOf(path)) <= MAX_BYTES) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return 0;
    throw error;
  }
}

async function readLastLine(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
    const lines = buffer.toString("utf8", 0, bytesRead).trim().split("\n");
    // The last lines of a crash are a stack and a version; what happened stands above them.
    return lines.findLast((line) => /^pipit serve: |^\{|Error/u.test(line)) ?? lines.at(-1) ?? "";
  } catch {
    return "";
  }
}
