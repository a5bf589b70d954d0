import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "#contract/system-error.ts";
import type { Logger } from "#contract/logger.ts";
import { BOOTSTRAP_FILE } from "#contract/auth-wire.ts";

/** A secret is 32 random bytes in some text form; anything much longer is not one. */
const SECRET_MAX_BYTES = 1024;
const GROUP_AND_OTHERS = 0o077;

/**
 * Reads the one-time bootstrap secret of the server that keeps its data under `<home>/server`. Resolves to undefined when
 * there is none, or when the file could have been planted or read by another user: it must belong to this user and be
 * readable by no other.
 *
 * @param home PIPIT_HOME
 */
export async function readLocalSecret(home: string, logger: Logger): Promise<string | undefined> {
  const path = join(home, "server", BOOTSTRAP_FILE);
  try {
    await using file = await open(path, "r");
    const reason = await refusalReason(file);
    if (reason === undefined) return await readSecret(file);
    logger.warn("local_secret.refused", { path, reason });
  } catch (error) {
    const code = systemCodeOf(error);
    // Absent is the normal case for a server on another machine; the rest is for the log.
    if (code !== "ENOENT" && code !== "ENOTDIR")
      logger.warn("local_secret.unreadable", { path, reason: String(error) });
  }
  return undefined;
}

/** Checked on the open handle, not the path, so that the file cannot be swapped in between. */
async function refusalReason(file: FileHandle): Promise<string | undefined> {
  const stat = await file.stat();
  if (!stat.isFile()) return "not a file";
  // Windows has neither owners nor modes in this form; its home folders are private by ACL.
  if (process.getuid === undefined) return undefined;
  if (stat.uid !== process.getuid()) return "belongs to another user";
  return (stat.mode & GROUP_AND_OTHERS) === 0 ? undefined : "readable by others";
}

async function readSecret(file: FileHandle): Promise<string | undefined> {
  const buffer = Buffer.alloc(SECRET_MAX_BYTES + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  if (bytesRead > SECRET_MAX_BYTES) return undefined;
  const secret = buffer.toString("utf8", 0, bytesRead).trim();
  return secret === "" ? undefined : secret;
}
