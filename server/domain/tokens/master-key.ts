import { hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import { createPrivateFile, readPrivateFile } from "./private-file.ts";

const MASTER_KEY_BYTES = 32;
export const MASTER_KEY_FILE = "master-key";

/** What every other secret of the server is derived from. Its bytes never leave the object. */
export interface MasterKey {
  /** A 32-byte key for one purpose (HKDF-SHA-256, RFC 5869); different purposes give unrelated keys. */
  derive(purpose: string): Buffer;
}

/**
 * The configured key (32 bytes as base64, base64url or hex), or the one in `<dataDir>/master-key` (32 raw bytes, 0600), which is made on the first start.
 * Throws CONFIG_INVALID for a key of another length, STORAGE_UNREADABLE or STORAGE_FULL.
 */
export async function loadMasterKey(options: {
  readonly dataDir: string;
  readonly configured?: string | undefined;
}): Promise<MasterKey> {
  const { dataDir, configured } = options;
  if (configured !== undefined) return masterKeyOf(decodeConfigured(configured));
  const file = join(dataDir, MASTER_KEY_FILE);
  const found = (await readPrivateFile(file, MASTER_KEY_BYTES + 1)) ?? (await make(file));
  if (found.length !== MASTER_KEY_BYTES) {
    throw new PipitError(
      "CONFIG_INVALID",
      `The master key ${file} must hold exactly ${MASTER_KEY_BYTES} bytes. Restore it from a backup. If it is lost, ` +
        "remove it and delete the rows of the database's table signing_keys; a new key is then made.",
    );
  }
  return masterKeyOf(found);
}

async function make(file: string): Promise<Buffer> {
  const bytes = randomBytes(MASTER_KEY_BYTES);
  if (await createPrivateFile(file, bytes)) return bytes;
  // Another process made it in the same moment; there is one truth, the file.
  return (await readPrivateFile(file, MASTER_KEY_BYTES + 1)) ?? Buffer.alloc(0);
}

function decodeConfigured(text: string): Buffer {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, "hex")
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)
      ? Buffer.from(trimmed, "base64")
      : Buffer.alloc(0);
  if (bytes.length === MASTER_KEY_BYTES) return bytes;
  throw new PipitError(
    "CONFIG_INVALID",
    `The configured master key must be ${MASTER_KEY_BYTES} bytes as base64 or hex, as "openssl rand -base64 32" prints them.`,
  );
}

function masterKeyOf(bytes: Buffer): MasterKey {
  return {
    derive: (purpose) =>
      Buffer.from(hkdfSync("sha256", bytes, "pipit", `pipit/v1/${purpose}`, MASTER_KEY_BYTES)),
  };
}
