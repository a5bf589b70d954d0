import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PipitError } from "#contract/pipit-error.ts";

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
    const code = reason instanceof Error && "code" in reason ? String(reason.code) : "";
    if (code !== "EEXIST") await rm(path, { force: true });
    // What the database threw says what to do; errno names are of the file.
    throw /^E[A-Z]+$/.test(code) ? fileError(path, code, reason) : reason;
  }
}

function fileError(path: string, code: string, cause: unknown): PipitError {
  switch (code) {
    case "EEXIST":
      return new PipitError("INVALID_REQUEST", `${path} exists already. Name a new file.`, { cause });
    case "ENOSPC":
    case "EDQUOT":
      return new PipitError(
        "STORAGE_FULL",
        `There is no space left for ${path}. Free some, or name another place.`,
        {
          cause,
        },
      );
    default:
      return new PipitError("STORAGE_UNREADABLE", `${path} cannot be written (${code}). Name another file.`, {
        cause,
      });
  }
}
