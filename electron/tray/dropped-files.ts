import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { GivenFile } from "#contract/intent.ts";
import { FILES_MAX } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";

/** Of all together: what the window would open of one. */
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Reads what was let go over the tray's icon.
 *
 * @throws PipitError FILE_GONE, MESSAGE_TOO_LARGE
 */
export async function readDroppedFiles(paths: readonly string[]): Promise<readonly GivenFile[]> {
  const files: GivenFile[] = [];
  let leftBytes = BYTES_MAX;
  // As many as a message carries, and a picture.
  for (const path of paths.slice(0, FILES_MAX + 1)) {
    const name = basename(path);
    const bytes = await readAtMost(path, name, leftBytes);
    leftBytes -= bytes.byteLength;
    files.push({ name, bytes });
  }
  return files;
}

async function readAtMost(path: string, name: string, mostBytes: number): Promise<Uint8Array> {
  await using file = await open(path).catch((cause: unknown) => {
    throw new PipitError("FILE_GONE", `${name} cannot be read.`, { cause });
  });
  const stats = await file.stat();
  if (!stats.isFile()) throw new PipitError("FILE_GONE", `${name} is no file.`);
  if (stats.size > mostBytes) {
    const limit = "64 MiB for all files together";
    throw new PipitError("MESSAGE_TOO_LARGE", `${name} has ${stats.size} bytes; the limit is ${limit}.`);
  }
  // Of its own memory: what crosses to the window must bring nothing else along.
  return new Uint8Array(await file.readFile());
}
