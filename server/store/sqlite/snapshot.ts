import { open, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { systemCodeOf } from "#contract/system-error.ts";
import { putNew } from "#server/domain/secrets/put-new.ts";
import { toStartError } from "../errors/storage-errors.ts";
import { SqliteThread } from "./sqlite-thread.ts";

/** A database of a terabyte on a slow disk. */
const LIMIT_MS = 12 * 60 * 60 * 1000;
const IDLE_MS = 1_000;
/** How long a copy from before a migration is kept; it also holds what people delete meanwhile. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Writes all that the database holds at this moment to `target`, a file of its own with mode 0600, whole or not at all.
 * Bytes of what was deleted are not in it. Others read and write the database meanwhile.
 *
 * @throws PipitError INVALID_REQUEST when `target` exists, STORAGE_FULL or STORAGE_UNREADABLE naming the place, or the
 *   reason of `signal`; nothing is left behind then
 */
export async function writeSnapshot(file: string, target: string, signal: AbortSignal): Promise<void> {
  const draft = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  await using thread = new SqliteThread(file, IDLE_MS, LIMIT_MS);
  try {
    await (await open(draft, "wx", 0o600)).close();
    await thread.run("vacuum into ?", [draft], false, signal);
    await sync(draft);
    await putNew(draft, target);
    await sync(dirname(target));
  } catch (reason) {
    signal.throwIfAborted();
    if (systemCodeOf(reason) !== "EEXIST") throw toStartError(reason, target);
    throw new PipitError(
      "INVALID_REQUEST",
      `There is a file ${target} already. Name a new one; nothing is ever written over a backup.`,
      { cause: reason, field: "file" },
    );
  } finally {
    await rm(draft, { force: true });
  }
}

/** Gives what is free in the file back to the disk. Nobody else may have it open; it needs as much room again meanwhile. */
export async function vacuumFile(file: string, signal: AbortSignal): Promise<void> {
  await using thread = new SqliteThread(file, IDLE_MS, LIMIT_MS);
  try {
    // In memory, where the thread has its temporary tables otherwise, a large database has no room.
    for (const statement of ["pragma temp_store = FILE", "vacuum", "pragma wal_checkpoint(TRUNCATE)"]) {
      await thread.run(statement, [], false, signal);
    }
  } catch (reason) {
    signal.throwIfAborted();
    throw toStartError(reason, file);
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface OldDatabase {
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Copies a database that is about to be migrated to `<file>.before-<migration>-<UTC time>`, and removes older such copies. */
export async function keepBeforeMigration(
  { file, clock, logger }: OldDatabase,
  first: string,
): Promise<void> {
  const stamp = new Date(clock.nowMs()).toISOString().replace(/[-:]/g, "");
  const copy = `${file}.before-${first}-${stamp}`;
  try {
    await writeSnapshot(file, copy, new AbortController().signal);
  } catch (reason) {
    const { code, message, detail } = PipitError.from(reason);
    throw new PipitError(
      code,
      `${file} is of an older version, and could not be copied before it is changed; nothing was changed. ${message} ` +
        "If there is a backup elsewhere, run: pipit admin db migrate --without-backup",
      { cause: reason, ...(detail !== undefined && { detail }) },
    );
  }
  logger.info("store.copied_before_migration", { copy });
  for (const older of await copiesBeforeMigration(file)) if (older !== copy) await rm(older, { force: true });
}

/** Paths of the copies that {@link keepBeforeMigration} has left. */
export async function copiesBeforeMigration(file: string): Promise<readonly string[]> {
  const folder = dirname(file);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(file)}.before-`) && !name.endsWith(".tmp"))
    .map((name) => join(folder, name));
}

/** Removes copies from before migrations that were kept long enough. */
export async function removeOldCopies({ file, clock, logger }: OldDatabase): Promise<void> {
  for (const copy of await copiesBeforeMigration(file)) {
    const made = await stat(copy).catch(() => undefined);
    if (made === undefined || clock.nowMs() - made.mtimeMs < KEPT_MS) continue;
    await rm(copy, { force: true });
    logger.info("store.removed_copy", { copy });
  }
}
