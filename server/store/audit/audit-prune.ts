import { setImmediate as nextTurn } from "node:timers/promises";
import type { Kysely } from "kysely";
import { auditChainMac } from "#server/domain/audit/audit-hash.ts";
import {
  AUDIT_RETENTION_MS,
  type AuditProblem,
  type PruneAuditOptions,
  type PrunedAudit,
} from "#server/domain/audit/audit-reader.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";
import { createAuditChains } from "./audit-chains.ts";
import { createAuditLog, type AuditLogOptions } from "./audit-store.ts";
import { AUDIT_BATCH, readChain, step, type ChainPlace } from "./audit-walk.ts";
import { AUDIT_CHAINS } from "../migrations/migration-0003.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";

/** Removes what is too old, a batch in a transaction, so that no writer waits long; see `AuditReader.prune`. */
export async function pruneAudit(
  db: Kysely<Tables>,
  log: AuditLogOptions,
  options: PruneAuditOptions = {},
): Promise<PrunedAudit> {
  const beforeMs = log.clock.nowMs() - (options.olderThanMs ?? AUDIT_RETENTION_MS);
  const problems: AuditProblem[] = [];
  let removed = 0;
  for (let chain = 0; chain < AUDIT_CHAINS; chain++) {
    let again = await isWorthwhile(db, chain, beforeMs);
    while (again) {
      options.signal?.throwIfAborted();
      const batch = await inTransaction(db, (trx) =>
        pruneBatch(trx, log, { chain, beforeMs, origin: options.origin ?? systemOrigin }),
      );
      removed += batch.removed;
      if (batch.problem !== undefined) problems.push(batch.problem);
      again = batch.removed === AUDIT_BATCH;
      await nextTurn();
    }
  }
  return { removed, problems };
}

/** Without a lock: most days, most chains have nothing that is too old. */
async function isWorthwhile(db: Kysely<Tables>, chain: number, beforeMs: number): Promise<boolean> {
  const oldest = await db
    .selectFrom("audit_events")
    .select("at_ms")
    .where("chain", "=", chain)
    .orderBy("seq")
    .limit(1)
    .executeTakeFirst();
  return oldest !== undefined && oldest.at_ms < beforeMs;
}

interface Batch {
  readonly removed: number;
  readonly problem?: AuditProblem;
}

async function pruneBatch(
  trx: Kysely<Tables>,
  log: AuditLogOptions,
  request: { readonly chain: number; readonly beforeMs: number; readonly origin: AuditOrigin },
): Promise<Batch> {
  const { key } = log;
  const chain = await createAuditChains(trx, log).takeOne(request.chain);
  if (chain === undefined) {
    return { removed: 0, problem: { chain: request.chain, damage: "chain-changed" } };
  }
  let place: ChainPlace = { seq: chain.baseSeq, hash: chain.baseHash };
  for (const row of await readChain(trx, chain, place)) {
    if (row.at_ms >= request.beforeMs) break;
    const next = step(key, chain, place, row);
    // A damaged event must stay, and everything after it.
    if ("damage" in next) return { removed: 0, problem: next };
    place = next;
  }
  const removed = place.seq - chain.baseSeq;
  if (removed === 0) return { removed };
  await trx
    .deleteFrom("audit_events")
    .where("chain", "=", chain.id)
    .where("seq", ">", chain.baseSeq)
    .where("seq", "<=", place.seq)
    .execute();
  await trx
    .updateTable("audit_chains")
    .set({
      base_seq: place.seq,
      base_hash: place.hash,
      mac: auditChainMac(key, { ...chain, baseSeq: place.seq, baseHash: place.hash }),
    })
    .where("id", "=", chain.id)
    .execute();
  const data = {
    chain: chain.id,
    firstSeq: chain.baseSeq + 1,
    lastSeq: place.seq,
    beforeMs: request.beforeMs,
  };
  await createAuditLog(trx, log).append({ event: "audit.pruned", outcome: "success", data }, request.origin);
  return { removed };
}
