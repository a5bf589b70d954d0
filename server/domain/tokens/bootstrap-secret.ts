import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BOOTSTRAP_FILE } from "#contract/auth-wire.ts";
import { replacePrivateFile } from "../secrets/private-file.ts";

const SECRET_BYTES = 32;

/**
 * Proves that a client runs on this machine as the same user: it can read `<dataDir>/bootstrap-secret` (0600).
 * Each secret works once; disposing removes the file, so that a stopped server leaves no live-looking secret.
 */
export type BootstrapSecret = Awaited<ReturnType<typeof createBootstrapSecret>>;

/** Writes a fresh secret. Throws STORAGE_UNREADABLE or STORAGE_FULL. */
export async function createBootstrapSecret(dataDir: string) {
  const file = join(dataDir, BOOTSTRAP_FILE);
  const writeFresh = async (): Promise<Buffer> => {
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    await replacePrivateFile(file, secret);
    return digest(secret);
  };
  let current: Buffer | undefined = await writeFresh();
  let stopped = false;
  let writing: Promise<unknown> = Promise.resolve();

  const replace = async (redeemed: Buffer): Promise<void> => {
    try {
      const fresh = await writeFresh();
      if (!stopped) current = fresh;
    } catch (reason) {
      if (!stopped) current = redeemed;
      throw reason;
    }
  };
  return {
    /**
     * True once per secret, also for redemptions at the same moment; then a fresh one is in the file already.
     * Throws STORAGE_FULL or STORAGE_UNREADABLE when that cannot be written; the secret then still works.
     */
    async redeem(candidate: string): Promise<boolean> {
      const offered = digest(candidate.trim());
      const redeemed = current;
      if (redeemed === undefined || !timingSafeEqual(offered, redeemed)) return false;
      // Taken before the first await: a second redemption at the same moment finds nothing.
      current = undefined;
      const replacing = replace(redeemed);
      writing = replacing.catch(() => undefined);
      await replacing;
      return true;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stopped = true;
      current = undefined;
      // A write under way would put a file back that no server honours.
      await writing;
      await rm(file, { force: true });
    },
  };
}

/** Equal lengths for the comparison, whatever was offered. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
