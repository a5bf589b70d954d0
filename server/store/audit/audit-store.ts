import { CompiledQuery, type Kysely } from "kysely";
import { v7 as uuidv7 } from "uuid";
import {
  auditChainMac,
  auditEventHash,
  type ChainState,
  type HashedEvent,
} from "#server/domain/audit/audit-hash.ts";
import type { AuditEvent, AuditLog, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { Clock } from "#contract/clock.ts";
import { createAuditChains, type AuditChainsOptions } from "./audit-chains.ts";
import type { AuditEventRow, Tables } from "../sql/schema.ts";
import { fieldOf } from "../sql/stored-values.ts";
import { inTransaction } from "../sql/transaction.ts";

/** Longest texts of an event, in UTF-16 units; what is longer is cut. */
export const AUDIT_MAX_CHARS = {
  reason: 64,
  id: 128,
  ip: 64,
  userAgent: 256,
  correlationId: 128,
  dataName: 64,
  dataText: 256,
} as const;
/** Facts of one event; more are left out. */
export const AUDIT_MAX_FACTS = 16;

export interface AuditLogOptions extends AuditChainsOptions {
  readonly clock: Clock;
}

/**
 * {@link AuditLog} on SQL. On a transaction, the event belongs to it; otherwise each event has its own.
 *
 * `append` throws STORAGE_CORRUPT when the log was tampered with so that nothing can be added to it.
 *
 * @example auth.transaction((trx) => createAuditLog(trx, options).append({ event: "login", outcome: "success" }, origin));
 */
export function createAuditLog(db: Kysely<Tables>, options: AuditLogOptions): AuditLog {
  if (!db.isTransaction) {
    return {
      append: (event, origin) =>
        inTransaction(db, (trx) => createAuditLog(trx, options).append(event, origin)),
    };
  }
  // A transaction keeps to the chain it holds: with two it could deadlock with another that took them the other way.
  let held: number | undefined;
  let last: Promise<void> = Promise.resolve();
  const chains = createAuditChains(db, options);
  const append = async (event: AuditEvent, origin: AuditOrigin): Promise<void> => {
    const chain = (held === undefined ? undefined : await chains.takeOne(held)) ?? (await chains.take());
    held = chain.id;
    await write(db, options.dialect, sealEvent(options, chain, { event, origin }));
  };
  return {
    append(event, origin) {
      // One after the other, also for a caller who does not wait.
      const done = last.then(() => append(event, origin));
      last = done.catch(() => undefined);
      return done;
    },
  };
}

export const eventColumns = [
  "id",
  "chain",
  "seq",
  "at_ms",
  "event",
  "outcome",
  "reason",
  "user_id",
  "client_id",
  "family_id",
  "ip",
  "user_agent",
  "correlation_id",
  "data",
  "hash",
] as const satisfies readonly (keyof AuditEventRow)[];
/** Known beforehand: every refresh seals an event. */
const eventFields = eventColumns.map(fieldOf);
const into = `insert into audit_events (${eventColumns.join(", ")}) values`;
export const moveSqlite = "update audit_chains set seq = ?, head_hash = ?, mac = ? where id = ?";
export const insertSqlite = `${into} (${eventColumns.map(() => "?").join(", ")})`;
/** Both in one round trip. */
const writePostgres =
  "with moved as (update audit_chains set seq = $1, head_hash = $2, mac = $3 where id = $4) " +
  `${into} (${eventColumns.map((_, n) => `$${n + 5}`).join(", ")})`;

/** An event at its place in a chain. */
export interface SealedEvent {
  /** The chain once the event is written, and its MAC. */
  readonly next: { readonly chain: ChainState; readonly mac: string };
  /** Values of the chain: seq, head_hash, mac, id. */
  readonly moved: (string | number)[];
  /** Values of the event, in the order of {@link eventColumns}. */
  readonly values: (string | number | null)[];
}

/** Makes an event the next of its chain, without writing it. */
export function sealEvent(
  { key, clock }: Pick<AuditLogOptions, "key" | "clock">,
  chain: ChainState,
  { event, origin }: { readonly event: AuditEvent; readonly origin: AuditOrigin },
): SealedEvent {
  const row = toHashed(event, origin, { chain: chain.id, seq: chain.seq + 1, atMs: clock.nowMs() });
  const hash = auditEventHash(key, row, chain.headHash);
  const moved = { ...chain, seq: row.seq, headHash: hash };
  const next = { chain: moved, mac: auditChainMac(key, moved) };
  const sealed = { ...row, hash };
  const values = eventFields.map((field) => sealed[field] ?? null);
  return { next, moved: [row.seq, hash, next.mac, row.chain], values };
}

async function write(
  trx: Kysely<Tables>,
  dialect: AuditLogOptions["dialect"],
  { moved, values }: SealedEvent,
): Promise<void> {
  if (dialect === "postgres") {
    await trx.executeQuery(CompiledQuery.raw(writePostgres, [...moved, ...values]));
    return;
  }
  await trx.executeQuery(CompiledQuery.raw(moveSqlite, moved));
  await trx.executeQuery(CompiledQuery.raw(insertSqlite, values));
}

function toHashed(
  event: AuditEvent,
  origin: AuditOrigin,
  place: Pick<HashedEvent, "chain" | "seq" | "atMs">,
): HashedEvent {
  return {
    ...place,
    id: uuidv7(),
    event: event.event,
    outcome: event.outcome,
    reason: cut(event.reason, AUDIT_MAX_CHARS.reason),
    userId: cut(event.userId, AUDIT_MAX_CHARS.id),
    clientId: cut(event.clientId, AUDIT_MAX_CHARS.id),
    familyId: cut(event.familyId, AUDIT_MAX_CHARS.id),
    ip: cut(origin.ip, AUDIT_MAX_CHARS.ip),
    userAgent: cut(origin.userAgent, AUDIT_MAX_CHARS.userAgent),
    correlationId: cut(origin.correlationId, AUDIT_MAX_CHARS.correlationId),
    data: factsOf(event.data),
  };
}

function factsOf(data: AuditEvent["data"]): string {
  if (data === undefined) return "{}";
  const facts = Object.entries(data)
    .slice(0, AUDIT_MAX_FACTS)
    .map(([name, value]) => [
      cut(name, AUDIT_MAX_CHARS.dataName),
      typeof value === "string" ? cut(value, AUDIT_MAX_CHARS.dataText) : value,
    ]);
  return JSON.stringify(Object.fromEntries(facts));
}

/** Shortens a text, and leaves out what databases change (NUL, half of a surrogate pair): its hash must stay true. */
function cut(text: string | undefined, maxChars: number): string | undefined {
  if (text === undefined) return undefined;
  const short = text.length > maxChars ? text.slice(0, maxChars) : text;
  return short.toWellFormed().replaceAll("\0", "\uFFFD");
}
