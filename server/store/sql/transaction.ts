import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import { isConflict } from "../errors/postgres-errors.ts";
import type { Tables } from "./schema.ts";

const MAX_ATTEMPTS = 5;
/** Doubled with every attempt, and spread, so that transactions that collided do not collide again. */
const FIRST_PAUSE_MS = 5;

/**
 * Runs `work` in one transaction: all of it or nothing. When the database ends it for the sake of another transaction
 * (a deadlock; PostgreSQL only), it is run again, so `work` must do nothing that a rollback does not undo.
 * Inside a transaction it is a part of that one, which decides alone.
 */
export async function inTransaction<T>(
  db: Kysely<Tables>,
  work: (trx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  if (isTransaction(db)) return work(db);
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (reason) {
      if (attempt === MAX_ATTEMPTS || !isConflict(reason)) throw reason;
      await sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

function isTransaction(db: Kysely<Tables>): db is Transaction<Tables> {
  return db.isTransaction;
}
