import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";

/** Writes a file of mode 0600: all of it or none, and never over one that is there. Throws what says so. */
export async function writeNew(
  path: string,
  text: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(Readable.from(text), file, { signal });
  } catch (reason) {
    const code = systemCodeOf(reason);
    if (code !== "EEXIST") await rm(path, { force: true });
    // What the database threw says what to do; errno names are of the file.
    throw /^E[A-Z]+$/.test(code) ? fileError(path, code, reason) : reason;
  }
}

function fileError(path: string, code: string, cause: unknown): PipitError {
  if (code === "EEXIST")
    return new PipitError("INVALID_REQUEST", `${path} exists already. Name a new file.`, { cause });
  if (isFullDisk(code)) {
    const message = `There is no space left for ${path}. Free some, or name another place.`;
    return new PipitError("STORAGE_FULL", message, { cause });
  }
  const message = `${path} cannot be written (${code}). Name another file.`;
  return new PipitError("STORAGE_UNREADABLE", message, { cause });
}
