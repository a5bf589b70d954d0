import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";

/** The file, to be read while it is sent; undefined when no file is there that can be read. */
export async function fileBlob(path: string): Promise<Blob | undefined> {
  try {
    // A folder opens, too.
    return (await stat(path)).isFile() ? await openAsBlob(path) : undefined;
  } catch {
    return undefined;
  }
}
