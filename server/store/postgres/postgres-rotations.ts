import { CompiledQuery, type Kysely } from "kysely";
import type { Rotation, RotationStore } from "#server/domain/tokens/ports.ts";
import { createChainLeases, type Lease, type Written } from "../audit/audit-leases.ts";
import { eventColumns, sealEvent, type AuditLogOptions, type SealedEvent } from "../audit/audit-store.ts";
import { findTokenText, toFoundToken, type FoundTokenRow } from "../sql/found-token.ts";
import type { Tables } from "../sql/schema.ts";
import { postgresNow, type DatabaseTime } from "../sql/database-time.ts";

/** Runs one statement by itself, on any connection; resolves to its rows. */
export type PostgresQuery = (text: string, values: readonly unknown[]) => Promise<readonly object[]>;

/** The time that a test gives, or else the database's. */
const nowOr = (placeholder: string): string => `coalesce(${placeholder}::bigint, ${postgresNow})`;

const find = findTokenText(nowOr("$1"), "$2");

/**
 * Locks the token, its family and, last and without waiting, the chain; the rest happens only to what was locked. If it
 * waits for a lock, PostgreSQL looks again at the row as the holder left it (READ COMMITTED).
 */
const rotate = `
  with token as (
    select t.hash, t.family_id from refresh_tokens as t
    join refresh_families as f on f.id = t.family_id join accounts as a on a.id = f.user_id
    where t.hash = $1 and t.family_id = $2 and t.consumed_at_ms is null and f.revoked_at_ms is null and a.is_active = 1
    for no key update of t, f
  ), chain as (
    select c.id, token.hash, token.family_id from token join audit_chains as c on c.id = $11 and c.mac = $7
    for no key update of c skip locked
  ), consumed as (
    update refresh_tokens as t set consumed_at_ms = ${nowOr("$6")} from chain where t.hash = chain.hash
  ), used as (
    update refresh_families as f set last_used_at_ms = ${nowOr("$6")} from chain where f.id = chain.family_id
  ), successor as (
    insert into refresh_tokens (hash, family_id, generation, expires_at_ms)
    select $3, chain.family_id, $4::integer, $5::bigint from chain
  ), moved as (
    update audit_chains as c set seq = $8, head_hash = $9, mac = $10 from chain where c.id = chain.id
  ), event as (
    insert into audit_events (${eventColumns.join(", ")}) select ${eventColumns.map(eventValue).join(", ")} from chain
  )
  select (select count(*) from token) as tokens, (select count(*) from chain) as chains`;

/** {@link RotationStore} on PostgreSQL: one statement for each of both, past the query builder. */
export function createPostgresRotations(
  db: Kysely<Tables>,
  query: PostgresQuery,
  audit: AuditLogOptions,
  { clock }: DatabaseTime,
): RotationStore {
  const withChain = createChainLeases(db, audit);
  const givenMs = (): number | undefined => clock?.nowMs();
  return {
    async find(hash) {
      const [row] = (await query(find, [givenMs(), hash])) as readonly FoundTokenRow[];
      return row && toFoundToken(row);
    },

    rotate: (rotation) =>
      withChain(async (lease, trx) => {
        const sealed = sealEvent(audit, lease.chain, rotation);
        const values = valuesOf(rotation, lease.mac, sealed, givenMs());
        const rows =
          trx === undefined
            ? await query(rotate, values)
            : (await trx.executeQuery<object>(CompiledQuery.raw(rotate, values))).rows;
        return outcomeOf(rows as readonly RotatedRow[], lease, sealed);
      }),
  };
}

interface RotatedRow {
  readonly tokens: number;
  readonly chains: number;
}

function outcomeOf([row]: readonly RotatedRow[], lease: Lease, { next }: SealedEvent): Written<boolean> {
  if (row?.tokens !== 1) return { result: false, next: lease };
  return { result: true, next: row.chains === 1 ? next : undefined };
}

function valuesOf(
  { hash, successor }: Rotation,
  chainMac: string,
  { moved, values }: SealedEvent,
  givenMs: number | undefined,
): unknown[] {
  const { familyId, hash: next, generation, expiresAtMs } = successor;
  return [hash, familyId, next, generation, expiresAtMs, givenMs, chainMac, ...moved, ...values];
}

/** The values of the event stand behind eleven others. */
function eventValue(column: string, index: number): string {
  return `$${index + 12}::${["chain", "seq", "at_ms"].includes(column) ? "bigint" : "text"}`;
}
