import type { Kysely } from "kysely";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isReadOnly } from "./errors/postgres-errors.ts";
import type { Tables } from "./sql/schema.ts";

/** What is tried: no limit has this key, and it has run out, so counters are pruned with it. */
const probe = { key_hash: "disk-watch", charged: 0, pending: 0, level: 0, resets_at_ms: 0 };

/** `full`: the disk is; `read_only`: PostgreSQL takes no changes, as a standby does. */
export type StorageState = "writable" | "full" | "read_only";

/** What an operator does about each. */
export const storageCures = {
  full: "Free space on the disk of the database.",
  read_only:
    "Lead the servers to the primary, or take back default_transaction_read_only; they go on by themselves.",
} as const;

/** While it cannot be written, it is tried so often; a disk that is nearly full takes some rows and refuses others. */
const TRY_EVERY_MS = 60_000;

/**
 * Knows whether the database could be written when it was last tried, and tells the log once when that changes.
 *
 * @param db where it is tried
 */
export function createDiskWatch(
  logger: Logger,
  place: string,
  db: () => Kysely<Tables>,
  tryEveryMs = TRY_EVERY_MS,
) {
  let state: StorageState = "writable";
  let tries: NodeJS.Timeout | undefined;
  let isClosed = false;
  const isWritable = (): boolean => state === "writable";
  const see = (reason: unknown): void => {
    const seen = faultOf(reason);
    if (seen === undefined || seen === state || isClosed) return;
    state = seen;
    logger.error("store.not_writable", { storage: seen, place, cure: storageCures[seen] });
    tries ??= setInterval(() => void attempt().catch(() => undefined), tryEveryMs).unref();
  };
  /** Costs nothing until a write was refused; then it tries small rows until one is taken. */
  const attempt = async (): Promise<StorageState> => {
    if (isWritable()) return state;
    try {
      await db()
        .transaction()
        .execute(async (tx) => {
          await tx.deleteFrom("attempt_counters").where("key_hash", "=", probe.key_hash).execute();
          await tx.insertInto("attempt_counters").values(probe).execute();
        });
      clearInterval(tries);
      tries = undefined;
      // Another try may have been as lucky.
      if (!isWritable()) logger.info("store.writable", { place });
      state = "writable";
    } catch (reason) {
      if (faultOf(reason) === undefined) throw reason;
      see(reason);
    }
    return state;
  };
  return {
    /** To be told of every error of the database. */
    see,
    state: attempt,
    [Symbol.dispose](): void {
      isClosed = true;
      clearInterval(tries);
    },
  };
}

function faultOf(reason: unknown): keyof typeof storageCures | undefined {
  if (!(reason instanceof PipitError)) return undefined;
  if (reason.code === "STORAGE_FULL") return "full";
  return isReadOnly(reason.cause) ? "read_only" : undefined;
}
