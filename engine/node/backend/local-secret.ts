import { open } from "node:fs/promises";
import { join } from "node:path";
import type { FileHandle } from "node:fs/promises";
import type { Logger } from "#contract/logger.ts";
import type { LocalSecretSource } from "#engine/ports.ts";
import { BOOTSTRAP_FILE } from "#contract/auth-wire.ts";

/** A secret is 32 random bytes in some text form; anything much longer is not one. */
const SECRET_MAX_BYTES = 1024;
const GROUP_AND_OTHERS = 0o077;

export interface LocalSecretOptions {
  /** PIPIT_HOME; the server of this home keeps its data in `<home>/server`. */
  readonly home: string;
  readonly logger: Logger;
}

/**
 * Reads the one-time bootstrap secret of the server that keeps its data under `<home>/server`. Resolves to undefined when
 * there is none, or when the file could have been planted or read by another user: it must belong to this user and be
 * readable by no other.
 */
export function createLocalSecretSource(options: LocalSecretOptions): LocalSecretSource {
  const path = join(options.home, "server", BOOTSTRAP_FILE);
  return {
    async read() {
      let file: FileHandle | undefined;
      try {
        file = await open(path, "r");
        const refusal = await refusalReason(file);
        if (refusal === undefined) return await readSecret(file);
        options.logger.warn("local_secret.refused", { path, reason: refusal });
        return undefined;
      } catch (error) {
        // Absent is the normal case for a server on another machine; the rest is for the log.
        if (!isNotFound(error))
          options.logger.warn("local_secret.unreadable", { path, reason: String(error) });
        return undefined;
      } finally {
        await file?.close();
      }
    },
  };
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

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
