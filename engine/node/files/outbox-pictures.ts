import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isHeld } from "./outbox-senders.ts";
import { ensurePrivateFolder, storageError, writePrivateFile } from "./private-files.ts";
import { systemCodeOf } from "#contract/system-error.ts";

/** A younger file without a row may be one whose row is being written just now. */
const ORPHAN_AGE_MS = 60_000;

/**
 * The pictures of queued messages, a file each (0600): written beside the event loop, before the row, so that a row never
 * lacks its picture. One without a row is an orphan of a crash.
 */
export async function openOutboxPictures(folder: string) {
  await ensurePrivateFolder(folder);
  const pathOf = (id: string): string => join(folder, encodeURIComponent(id));
  return {
    /** @throws PipitError STORAGE_FULL, STORAGE_UNREADABLE */
    write: (id: string, bytes: Uint8Array) => writePrivateFile(pathOf(id), bytes),
    /** @throws PipitError STORAGE_UNREADABLE */
    async read(id: string): Promise<Uint8Array | undefined> {
      try {
        return new Uint8Array(await readFile(pathOf(id)));
      } catch (error) {
        if (systemCodeOf(error) === "ENOENT") return undefined;
        throw storageError(error, pathOf(id));
      }
    },
    /** What cannot be removed now is an orphan later. */
    remove: (id: string) => rm(pathOf(id), { force: true }).catch(() => undefined),
    /** Removes what an earlier run left: pictures without a row, unfinished writes, and locks of `outbox-senders.ts`. */
    async sweep(ids: ReadonlySet<string>): Promise<void> {
      const kept = new Set([...ids].map(encodeURIComponent));
      for (const name of await readdir(folder)) {
        const path = join(folder, name);
        const info = kept.has(name) ? undefined : await stat(path).catch(() => undefined);
        const isOld = info !== undefined && Date.now() - info.mtimeMs > ORPHAN_AGE_MS;
        if (isOld && !isHeld(path)) await rm(path, { force: true });
      }
    },
  };
}
