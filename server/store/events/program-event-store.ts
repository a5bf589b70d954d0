import { sql, type Kysely } from "kysely";
import type { ProgramEventStore } from "#server/domain/events/ports.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { rowOf } from "../sql/stored-values.ts";
import { inTransaction } from "../sql/transaction.ts";

/** Others wait for a removal. */
const REMOVED_AT_ONCE = 1_000;

/**
 * {@link ProgramEventStore} on SQL.
 *
 * @param roomy writes off the event loop: a batch may be eight megabytes
 */
export function createProgramEventStore(
  db: Kysely<Tables>,
  roomy: Kysely<Tables>,
  time: DatabaseTime,
): ProgramEventStore {
  return {
    async add(userId, events) {
      // In one order, so that two batches with the same events wait for each other rather than block one another (PostgreSQL).
      const rows = events
        .toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1))
        .map((event) => ({ user_id: userId, ...rowOf(event), received_at_ms: time() }));
      const kept = await inTransaction(roomy, (trx) =>
        trx
          .insertInto("events")
          .values(rows)
          .onConflict((c) => c.columns(["user_id", "event_id"]).doNothing())
          .returning("event_id")
          .execute(),
      );
      return new Set(kept.map((row) => row.event_id));
    },

    async inOrder(userId, limit, after) {
      const rows = await db
        .selectFrom("events")
        .selectAll()
        .where("user_id", "=", userId)
        .where("event_id", ">", after?.eventId ?? "")
        .orderBy("event_id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        eventId: row.event_id,
        eventType: row.event_type,
        aggregateId: row.aggregate_id,
        nodeId: row.node_id,
        lamportClock: row.lamport_clock,
        data: row.data,
        receivedAtMs: row.received_at_ms,
      }));
    },

    async removeOlder(ageMs, signal) {
      while (!signal.aborted) {
        const { numAffectedRows = 0n } = await sql`
          delete from events where (user_id, event_id) in (
            select user_id, event_id from events where received_at_ms <= ${time()} - ${sql.lit(ageMs)}
            limit ${sql.lit(REMOVED_AT_ONCE)})`.execute(db);
        if (numAffectedRows < REMOVED_AT_ONCE) return;
      }
    },
  };
}
