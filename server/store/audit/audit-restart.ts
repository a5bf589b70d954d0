import type { Kysely } from "kysely";
import { auditChainMac, type ChainState, type AuditKey } from "#server/domain/audit/audit-hash.ts";
import type { RestartedAudit } from "#server/domain/audit/audit-reader.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { createAuditLog, type AuditLogOptions } from "./audit-store.ts";
import { verifyAudit } from "./audit-verify.ts";
import { AUDIT_CHAINS } from "../migrations/migration-0003.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";

/** Begins damaged chains anew, and leaves the others alone; see `AuditReader.restart`. */
export async function restartAudit(
  db: Kysely<Tables>,
  log: AuditLogOptions,
  origin: AuditOrigin,
): Promise<RestartedAudit> {
  const { problems } = await verifyAudit(db, log.key);
  const chains = [...new Set(problems.map(({ chain }) => chain))].toSorted((a, b) => a - b);
  if (chains.length === 0) return { chains, removed: 0 };
  return inTransaction(db, async (trx) => {
    let removed = 0;
    for (const id of chains) removed += await restartChain(trx, log.key, id);
    const data = { chains: chains.join(" "), removed };
    await createAuditLog(trx, log).append(
      { event: "audit.pruned", outcome: "success", reason: "restarted", data },
      origin,
    );
    return { chains, removed };
  });
}

async function restartChain(trx: Kysely<Tables>, key: AuditKey, id: number): Promise<number> {
  // The delete takes the lock on PostgreSQL: a writer that appends has the row locked, so we wait for its event.
  const row = await trx.deleteFrom("audit_chains").where("id", "=", id).returning(["seq"]).executeTakeFirst();
  const events = await trx.deleteFrom("audit_events").where("chain", "=", id).returning(["seq"]).execute();
  if (id < 0 || id >= AUDIT_CHAINS) return events.length;
  // Numbers go on, so that no number ever means two events.
  const seq = events.reduce((highest, event) => Math.max(highest, event.seq), Math.max(row?.seq ?? 0, 0));
  const chain: ChainState = { id, seq, headHash: "", baseSeq: seq, baseHash: "" };
  await trx
    .insertInto("audit_chains")
    .values({ id, seq, head_hash: "", base_seq: seq, base_hash: "", mac: auditChainMac(key, chain) })
    .execute();
  return events.length;
}
