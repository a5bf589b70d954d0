import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import { isConflict } from "./postgres-errors.ts";
import type { Tables } from "./schema.ts";

const MAX_ATTEMPTS = 5;
/** Doubled with every attempt, and spread, so that those who met do not meet again. */
const FIRST_PAUSE_MS = 5;

/**
 * Runs `work` in one transaction: all of it or nothing. When the database ends it for the sake of another transaction
 * (a deadlock; PostgreSQL only), it is run again, so `work` must do nothing that a rollback does not undo.
 */
export async function inTransaction<T>(
  db: Kysely<Tables>,
  work: (trx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (reason) {
      if (attempt === MAX_ATTEMPTS || !isConflict(reason)) throw reason;
      await sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}
