import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { systemCodeOf } from "#contract/system-error.ts";

const STALE_MS = 15_000;
const UPDATE_EVERY_MS = 3_000;
const POLL_EVERY_MS = 100;

/**
 * Waits until no other build writes to `folder`, and keeps others out until disposed. A build that was killed keeps
 * no other out for longer than {@link STALE_MS}.
 *
 * @param onWait called once, if there is something to wait for; without it nothing is waited for
 * @returns undefined when another build runs, and is not waited for
 */
export async function takeBuildLock(
  folder: string,
  onWait: (() => void) | undefined,
  signal: AbortSignal,
): Promise<AsyncDisposable | undefined> {
  await mkdir(folder, { recursive: true });
  let waited = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      const release = await lock(folder, {
        lockfilePath: join(folder, ".build.lock"),
        stale: STALE_MS,
        update: UPDATE_EVERY_MS,
        realpath: false,
        // A machine that slept could not renew the lock, and another build may have taken it: then each builds into a
        // folder that it puts into place whole. The default throws inside a timer, which would end the program.
        onCompromised: () => undefined,
      });
      return { [Symbol.asyncDispose]: () => release().catch(ignoreLostLock) };
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (onWait === undefined) return undefined;
      if (!waited) onWait();
      waited = true;
    }
    await sleep(POLL_EVERY_MS, undefined, { signal });
  }
}

function isLocked(error: unknown): boolean {
  return systemCodeOf(error) === "ELOCKED";
}

/** A lock that another build took over is not this build's to release. */
function ignoreLostLock(error: unknown): void {
  const code = systemCodeOf(error);
  if (code !== "ERELEASED" && code !== "ENOTACQUIRED") throw error;
}
