import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import { storageError } from "./data-folder.ts";

const MASTER_KEY_FILE = "master.key";
const MASTER_KEY_BYTES = 32;

/**
 * The key that seals what the database holds (private signing keys, refresh-token derivation); made on first start,
 * in its own file (0600) so that a copy of the database alone is worth nothing.
 *
 * @throws PipitError STORAGE_CORRUPT when the file is not such a key; it is never overwritten.
 */
export async function loadMasterKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, MASTER_KEY_FILE);
  const fresh = randomBytes(MASTER_KEY_BYTES);
  try {
    await writeFile(path, fresh.toString("base64url"), { mode: 0o600, flag: "wx" });
    return fresh;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST"))
      throw storageError(dataDir, error);
  }
  const content = await readFile(path, "utf8").catch((error: unknown) => {
    throw storageError(dataDir, error);
  });
  const key = Buffer.from(content.trim(), "base64url");
  if (key.byteLength === MASTER_KEY_BYTES) return key;
  throw new PipitError(
    "STORAGE_CORRUPT",
    `${path} is not a key of ${MASTER_KEY_BYTES} bytes. Put the right file back; without it, move ${dataDir} away and start afresh.`,
  );
}
