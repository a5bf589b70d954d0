import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";

const STALE_MS = 15_000;
const UPDATE_EVERY_MS = 3_000;
const POLL_EVERY_MS = 100;

/**
 * Waits until no other build writes to `folder`, and keeps others out until disposed. A build that was killed keeps
 * no other out for longer than {@link STALE_MS}.
 *
 * @param onWait called once, if there is something to wait for
 */
export async function takeBuildLock(
  folder: string,
  onWait: () => void,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
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
      });
      return { [Symbol.asyncDispose]: release };
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (!waited) onWait();
      waited = true;
    }
    await sleep(POLL_EVERY_MS, undefined, { signal });
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ELOCKED";
}
