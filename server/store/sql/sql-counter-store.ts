import { setTimeout as sleep } from "node:timers/promises";
import { sql, type Kysely, type RawBuilder } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import { reserveIn, settleIn, type CounterState } from "#server/domain/limits/counter-state.ts";
import type { AttemptCounterStore } from "#server/domain/limits/ports.ts";
import { LEVEL_MEMORY_MS } from "#server/domain/limits/rules.ts";
import { postgresTime } from "./database-time.ts";
import type { Tables } from "./schema.ts";

/** Of several writers of one row, one wins each time; so many defeats in a row mean a fault. */
const MAX_TRIES = 100;
/** After so many defeats a writer also pauses, so that retries do not fill a slow database. */
const TRIES_WITHOUT_PAUSE = 5;
const MAX_PAUSE_MS = 10;
/** New rows between two removals of old ones, and how many one removal takes. */
const ROWS_PER_PURGE = 200;
const MAX_PURGED_ROWS = 1000;

export interface SqlCounterStoreOptions {
  readonly db: Kysely<Tables>;
  /**
   * "database": PostgreSQL's clock, the same for all servers, so that none whose clock is wrong ends a block of the
   * others. "caller": that of the caller, for SQLite, which one server has to itself.
   */
  readonly time: "database" | "caller";
}

/**
 * {@link AttemptCounterStore} in the table attempt_counters. Each operation reads the row, and writes it only if it is
 * still as it was read, or reads again; equal values are an equal state, even if the row changed in between.
 * Throws what the database throws: DATABASE_UNREACHABLE, STORAGE_*.
 */
export function createSqlCounterStore({ db, time }: SqlCounterStoreOptions): AttemptCounterStore {
  let insertedRows = 0;

  /** Runs `change` on the newest state until it is stored. */
  const change = async <T extends { readonly next: CounterState | undefined }>(
    key: string,
    callerNowMs: number,
    work: (state: CounterState | undefined, nowMs: number) => T,
  ): Promise<T> => {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const { state, nowMs } = await read(
        db,
        key,
        time === "database" ? postgresTime() : sql`${callerNowMs}`,
      );
      const result = work(state, nowMs);
      if (result.next === state) return result;
      if (await write(db, key, state, result.next)) {
        if (state === undefined && ++insertedRows % ROWS_PER_PURGE === 0) await purge(db, nowMs);
        return result;
      }
      if (tries > TRIES_WITHOUT_PAUSE) await sleep(Math.random() * MAX_PAUSE_MS);
    }
    throw new PipitError(
      "LIMITS_UNREACHABLE",
      "Too many sign-ins at the same time, so this one was not counted. Try again in a moment.",
    );
  };

  return {
    async reserve(key, rule, callerNowMs) {
      const { reservation } = await change(key, callerNowMs, (state, nowMs) => reserveIn(state, rule, nowMs));
      return reservation;
    },

    async settle(key, rule, settlement, callerNowMs) {
      const { blockedForMs } = await change(key, callerNowMs, (state, nowMs) =>
        settleIn(state, rule, settlement, nowMs),
      );
      return blockedForMs;
    },

    async reset(key) {
      await db.deleteFrom("attempt_counters").where("key_hash", "=", key).execute();
    },
  };
}

interface CounterReading {
  readonly now_ms: number | string;
  readonly charged: number | null;
  readonly pending: number | null;
  readonly level: number | null;
  readonly resets_at_ms: number | null;
}

async function read(
  db: Kysely<Tables>,
  key: string,
  now: RawBuilder<unknown>,
): Promise<{ readonly state: CounterState | undefined; readonly nowMs: number }> {
  // The time and the row by one statement; the time also when there is no row. The limit keeps SQLite from preparing it
  // anew for each key.
  const { rows } = await sql<CounterReading>`
    select ${now} as now_ms, c.charged, c.pending, c.level, c.resets_at_ms
    from (select 1 as one) as one
    left join (select * from attempt_counters where key_hash = ${key} limit 1) as c on true`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("a left join gave no row");
  const { charged, pending, level, resets_at_ms: resetsAtMs } = row;
  const isThere = charged !== null && pending !== null && level !== null && resetsAtMs !== null;
  // A parameter that is selected comes back from PostgreSQL as text.
  return { state: isThere ? { charged, pending, level, resetsAtMs } : undefined, nowMs: Number(row.now_ms) };
}

/** Writes if the row is still as it was read; false when another server was faster. */
async function write(
  db: Kysely<Tables>,
  key: string,
  from: CounterState | undefined,
  to: CounterState | undefined,
): Promise<boolean> {
  if (from === undefined && to === undefined) return true;
  const { numAffectedRows } = await statementOf(key, from, to).execute(db);
  return numAffectedRows === 1n;
}

/** As texts: a sign-in has six of them, and a query builder would take longer to write them than the database to run them. */
function statementOf(
  key: string,
  from: CounterState | undefined,
  to: CounterState | undefined,
): RawBuilder<unknown> {
  if (from === undefined) {
    return sql`
      insert into attempt_counters (key_hash, charged, pending, level, resets_at_ms)
      values (${key}, ${to?.charged}, ${to?.pending}, ${to?.level}, ${to?.resetsAtMs})
      on conflict (key_hash) do nothing`;
  }
  const unchanged = sql`
    key_hash = ${key} and charged = ${from.charged} and pending = ${from.pending} and level = ${from.level}
    and resets_at_ms = ${from.resetsAtMs}`;
  return to === undefined
    ? sql`delete from attempt_counters where ${unchanged}`
    : sql`
      update attempt_counters
      set charged = ${to.charged}, pending = ${to.pending}, level = ${to.level}, resets_at_ms = ${to.resetsAtMs}
      where ${unchanged}`;
}

/** Removes rows of which nothing must be remembered. */
async function purge(db: Kysely<Tables>, nowMs: number): Promise<void> {
  // Looked at again by the delete itself: a row may have become a new window since it was chosen.
  const over = sql<boolean>`((level = 0 and resets_at_ms <= ${nowMs}) or resets_at_ms <= ${nowMs - LEVEL_MEMORY_MS})`;
  await db
    .deleteFrom("attempt_counters")
    .where(over)
    .where("key_hash", "in", (query) =>
      query.selectFrom("attempt_counters").select("key_hash").where(over).limit(MAX_PURGED_ROWS),
    )
    .execute()
    // Two servers that purge at once may meet; the next purge takes what this one left.
    .catch(() => undefined);
}
