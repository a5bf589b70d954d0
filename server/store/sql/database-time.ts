import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Clock } from "#contract/clock.ts";
import { RESTORE_MS } from "#contract/limits.ts";
import type { Tables } from "./schema.ts";

/**
 * The present, epoch milliseconds, as SQL: a new value in each statement. All servers of one database compare ends with
 * it, so that their own clocks may differ.
 */
export interface DatabaseTime {
  (): RawBuilder<number>;
  /** Absent where the database has its own. */
  readonly clock?: Clock;
}

/** PostgreSQL's own; SQLite has none, but only one server. */
export function databaseTime(dialect: "sqlite" | "postgres", clock: Clock): DatabaseTime {
  return dialect === "postgres" ? postgresTime : timeOf(clock);
}

/** The present by the database, epoch milliseconds. */
export async function databaseNowMs(db: Kysely<Tables>, time: DatabaseTime): Promise<number> {
  const { rows } = await sql<{ readonly now_ms: number }>`select ${time()} as now_ms`.execute(db);
  return rows[0]?.now_ms ?? Number.NaN;
}

/**
 * The time of a clock; tests give PostgreSQL one of theirs. Cast: a parameter that is selected comes back from it as
 * text.
 */
export function timeOf(clock: Clock): DatabaseTime {
  return Object.assign(() => sql<number>`cast(${clock.nowMs()} as bigint)`, { clock });
}

/** Not now(): that is when a transaction began. */
export const postgresNow = "cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint)";

export function postgresTime(): RawBuilder<number> {
  return sql.raw<number>(postgresNow);
}

/** What was deleted later can be restored, all else is due to be wiped: `deleted_at_ms` in terms of the database's time. */
export function restorableSince(time: DatabaseTime) {
  return sql<number>`${time()} - ${sql.lit(RESTORE_MS)}`;
}

/** Of a turn or an answer in a room, by the time of the database. */
export function leaseIsOver(time: DatabaseTime) {
  return sql<boolean>`lease_until_ms <= ${time()}`;
}

/** By the time of the database, which all servers share: their own clocks may differ. */
export function leaseEnd(time: DatabaseTime, leaseMs: number): RawBuilder<number> {
  return sql<number>`${time()} + ${sql.lit(leaseMs)}`;
}
