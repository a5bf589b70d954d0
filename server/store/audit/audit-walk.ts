import { setImmediate as nextTurn } from "node:timers/promises";
import type { Kysely } from "kysely";
import {
  auditEventHash,
  type AuditKey,
  type ChainState,
  type HashedEvent,
} from "#server/domain/audit/audit-hash.ts";
import type { AuditProblem } from "#server/domain/audit/audit-reader.ts";
import type { AuditEventRow, Tables } from "../sql/schema.ts";

/** Events read at once: on SQLite, what the server does nothing else for, some milliseconds. */
export const AUDIT_BATCH = 500;

/** Where a walk along a chain is: the number and hash of the last event that was right. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: string;
}

/** The next events of a chain after `place`, up to its head. */
export async function readChain(
  db: Kysely<Tables>,
  chain: ChainState,
  place: ChainPlace,
): Promise<readonly AuditEventRow[]> {
  return db
    .selectFrom("audit_events")
    .selectAll()
    .where("chain", "=", chain.id)
    .where("seq", ">", place.seq)
    .where("seq", "<=", chain.seq)
    .orderBy("seq")
    .limit(AUDIT_BATCH)
    .execute();
}

/** The place after `row`, or what is wrong with it. */
export function step(
  key: AuditKey,
  chain: ChainState,
  place: ChainPlace,
  row: AuditEventRow,
): ChainPlace | AuditProblem {
  const expected = place.seq + 1;
  if (row.seq !== expected) return { chain: chain.id, damage: "event-missing", seq: expected };
  const isRight =
    row.hash === auditEventHash(key, toHashedEvent(row), place.hash) &&
    (row.seq !== chain.seq || row.hash === chain.headHash);
  return isRight
    ? { seq: row.seq, hash: row.hash }
    : { chain: chain.id, damage: "event-changed", seq: row.seq, eventId: row.id };
}

/** Checks a chain from its anchor to its head; undefined when it is whole. */
export async function walkChain(
  db: Kysely<Tables>,
  key: AuditKey,
  chain: ChainState,
  options: { readonly onBatch: (events: number) => void; readonly signal: AbortSignal | undefined },
): Promise<AuditProblem | undefined> {
  let place: ChainPlace = { seq: chain.baseSeq, hash: chain.baseHash };
  while (place.seq < chain.seq) {
    options.signal?.throwIfAborted();
    const rows = await readChain(db, chain, place);
    if (rows.length === 0) return { chain: chain.id, damage: "event-missing", seq: place.seq + 1 };
    for (const row of rows) {
      const next = step(key, chain, place, row);
      if ("damage" in next) return next;
      place = next;
    }
    options.onBatch(rows.length);
    // SQLite answers without leaving the thread: others get their turn here.
    await nextTurn();
  }
  return undefined;
}

/** What the hash of an event is made of. */
export function toHashedEvent(row: AuditEventRow): HashedEvent {
  return {
    id: row.id,
    chain: row.chain,
    seq: row.seq,
    atMs: row.at_ms,
    event: row.event,
    outcome: row.outcome,
    reason: row.reason ?? undefined,
    userId: row.user_id ?? undefined,
    clientId: row.client_id ?? undefined,
    familyId: row.family_id ?? undefined,
    ip: row.ip ?? undefined,
    userAgent: row.user_agent ?? undefined,
    correlationId: row.correlation_id ?? undefined,
    data: row.data,
  };
}
