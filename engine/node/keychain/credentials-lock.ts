import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import lockfile from "proper-lockfile";
import { systemCodeOf } from "#contract/system-error.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import { ensurePrivateFolder, storageError } from "../files/private-files.ts";

/** Longest wait for another process, and the age at which a dead one's lock is taken over (docs/reference/developer-api.md, "Credentials file"). */
const LOCK_TIMEOUT_MS = 10_000;
const RETRY_EVERY_MS = 40;

export interface CredentialsLockOptions {
  /** PIPIT_HOME. */
  readonly home: string;
  /** File name of the lock in it. */
  readonly name: string;
  readonly timeoutMs?: number;
  readonly logger: Logger;
}

/**
 * Runs `work` while no other process, and nothing else in this one, holds the lock of this name.
 *
 * @throws PipitError DEADLINE_EXCEEDED after 10 s of waiting, CANCELLED.
 */
export async function withCredentialsLock<T>(
  options: CredentialsLockOptions,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  await ensurePrivateFolder(options.home);
  const release = await acquire(options, signal);
  try {
    return await work();
  } finally {
    // A lock that was taken over (this machine slept) is no longer ours to release.
    await release().catch((error: unknown) => {
      options.logger.warn("credentials_lock.lost", { reason: systemCodeOf(error) || "unknown" });
    });
  }
}

async function acquire(options: CredentialsLockOptions, signal: AbortSignal): Promise<() => Promise<void>> {
  const path = join(options.home, options.name);
  const giveUpAtMs = performance.now() + (options.timeoutMs ?? LOCK_TIMEOUT_MS);
  for (;;) {
    if (signal.aborted) throw PipitError.from(signal.reason);
    try {
      return await lockfile.lock(path, {
        lockfilePath: path,
        realpath: false,
        stale: LOCK_TIMEOUT_MS,
        // The default throws inside a timer, which would end the program.
        onCompromised: (error) =>
          options.logger.warn("credentials_lock.compromised", { reason: error.message }),
      });
    } catch (error) {
      if (systemCodeOf(error) !== "ELOCKED") throw storageError(error, path);
    }
    if (performance.now() >= giveUpAtMs) {
      throw new PipitError(
        "DEADLINE_EXCEEDED",
        "Another Pipit program is busy with the sign-in. Wait for it or close it, then try again.",
      );
    }
    await sleep(RETRY_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
