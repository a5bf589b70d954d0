import type { Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type { Tables } from "./sql/schema.ts";

/** What is tried: no limit has this key, and it has run out, so counters are pruned with it. */
const probe = { key_hash: "disk-watch", charged: 0, pending: 0, level: 0, resets_at_ms: 0 };

/** Knows whether the database could be written when it was last tried. */
export function createDiskWatch() {
  let full = false;
  return {
    /** To be told of every error of the database. */
    see(error: PipitError): void {
      full ||= isFull(error);
    },
    /**
     * False while the disk is full. Costs nothing until a write found it full; then it tries small rows until one fits.
     */
    async isWritable(db: Kysely<Tables>): Promise<boolean> {
      if (!full) return true;
      full = false;
      try {
        await db.transaction().execute(async (tx) => {
          await tx.deleteFrom("attempt_counters").where("key_hash", "=", probe.key_hash).execute();
          await tx.insertInto("attempt_counters").values(probe).execute();
        });
      } catch (reason) {
        if (!isFull(reason)) throw reason;
      }
      return !full;
    },
  };
}

function isFull(reason: unknown): boolean {
  return reason instanceof PipitError && reason.code === "STORAGE_FULL";
}
