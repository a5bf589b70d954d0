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

/** Knows whether the database could be written when it was last tried, and tells the log once when that changes. */
export function createDiskWatch(logger: Logger, place: string) {
  let state: StorageState = "writable";
  const see = (reason: unknown): void => {
    const seen = faultOf(reason);
    if (seen === undefined || seen === state) return;
    state = seen;
    logger.error("store.not_writable", { storage: seen, place, cure: storageCures[seen] });
  };
  return {
    /** To be told of every error of the database. */
    see,
    /** Costs nothing until a write was refused; then it tries small rows until one is taken. */
    async state(db: Kysely<Tables>): Promise<StorageState> {
      if (state === "writable") return state;
      try {
        await db.transaction().execute(async (tx) => {
          await tx.deleteFrom("attempt_counters").where("key_hash", "=", probe.key_hash).execute();
          await tx.insertInto("attempt_counters").values(probe).execute();
        });
        state = "writable";
        logger.info("store.writable", { place });
      } catch (reason) {
        if (faultOf(reason) === undefined) throw reason;
        see(reason);
      }
      return state;
    },
  };
}

function faultOf(reason: unknown): keyof typeof storageCures | undefined {
  if (!(reason instanceof PipitError)) return undefined;
  if (reason.code === "STORAGE_FULL") return "full";
  return isReadOnly(reason.cause) ? "read_only" : undefined;
}
