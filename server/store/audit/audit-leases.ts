import type { Kysely, Transaction } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import { auditChainMac, type ChainState } from "#server/domain/audit/audit-hash.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import { createAuditChains, type AuditChainsOptions } from "./audit-chains.ts";

/** Each is one writer at a time, and four are more than one core has events for; so that four servers share no chain. */
const MAX_LEASES = 4;
/** Conflicts with other writers after which the chain is locked. */
const MAX_CONFLICTS = 3;

/** A chain as this process saw it last. */
export interface Lease {
  readonly chain: ChainState;
  readonly mac: string;
}

/** What came of writing to a chain. */
export interface Written<T> {
  readonly result: T;
  /** The chain's new state; undefined when it was not as this process believed, and nothing was done. */
  readonly next: Lease | undefined;
}

/**
 * Writes by `work` to a chain that `work` gets as it was when this process last looked. Its statement must compare the
 * chain's MAC with the stored one and do nothing if another process has moved it; then `work` runs again, on another
 * chain, in the end inside a transaction that holds the chain.
 */
export type WithChain = <T>(
  work: (lease: Lease, trx: Transaction<Tables> | undefined) => Promise<Written<T>>,
) => Promise<T>;

/**
 * Chains that this process remembers from its last event, so that it need not read them before the next. That is no
 * lock: any process may write to any chain at any time, and the first compare-and-set wins.
 */
export function createChainLeases(db: Kysely<Tables>, options: AuditChainsOptions): WithChain {
  const leaseOf = (chain: ChainState): Lease => ({ chain, mac: auditChainMac(options.key, chain) });
  const free: Lease[] = [];
  const known = new Set<number>();
  const waiting: (() => void)[] = [];
  let leases = 0;

  const drop = (lease?: Lease): void => {
    leases--;
    if (lease !== undefined) known.delete(lease.chain.id);
    waiting.shift()?.();
  };

  /** A free chain; undefined when this process holds the chain already, or holds all whole ones. */
  const load = async (): Promise<Lease | undefined> => {
    leases++;
    try {
      const chain = await inTransaction(db, (trx) => createAuditChains(trx, options).take(known));
      if (!known.has(chain.id)) {
        known.add(chain.id);
        return leaseOf(chain);
      }
    } catch (reason) {
      const isAlone = known.size === 0;
      if (isAlone || !(reason instanceof PipitError && reason.code === "STORAGE_CORRUPT")) {
        drop();
        throw reason;
      }
    }
    drop();
    return undefined;
  };

  const acquire = async (): Promise<Lease> => {
    for (;;) {
      const lease = free.pop() ?? (leases < MAX_LEASES ? await load() : undefined);
      if (lease !== undefined) return lease;
      if (free.length === 0 && leases > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  return async (work) => {
    for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
      const lease = await acquire();
      let next: Lease | undefined;
      try {
        const written = await work(lease, undefined);
        next = written.next;
        if (next !== undefined) return written.result;
      } finally {
        if (next === undefined) drop(lease);
        else {
          free.push(next);
          waiting.shift()?.();
        }
      }
    }
    return inTransaction(db, async (trx) => {
      const { result } = await work(leaseOf(await createAuditChains(trx, options).take()), trx);
      return result;
    });
  };
}
