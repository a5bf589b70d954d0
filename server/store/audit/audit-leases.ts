import type { Kysely, Transaction } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type { ChainState } from "#server/domain/audit/audit-hash.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import { createAuditChains, type AuditChainsOptions } from "./audit-chains.ts";

/** Each is one writer at a time, and four are more than one core has events for; so that four servers share no chain. */
const MAX_LEASES = 4;
/** So often others may have been first; then the chain is locked. */
const MAX_CONFLICTS = 3;

/** What came of writing to a chain. */
export interface Written<T> {
  readonly result: T;
  /** As the chain is now; undefined when it was not as this process believed, and nothing was done. */
  readonly next: ChainState | undefined;
}

/**
 * Writes by `work` to a chain that `work` gets as it was when this process last looked. Its statement must compare the
 * chain's MAC with the stored one and do nothing if another process has moved it; then `work` runs again, on another
 * chain, in the end inside a transaction that holds the chain.
 */
export type WithChain = <T>(
  work: (chain: ChainState, trx: Transaction<Tables> | undefined) => Promise<Written<T>>,
) => Promise<T>;

/**
 * Chains that this process remembers from its last event, so that nothing must be read before the next one. That is no
 * lock: any process may write to any chain at any time, and who compares first wins.
 */
export function createChainLeases(db: Kysely<Tables>, options: AuditChainsOptions): WithChain {
  const free: ChainState[] = [];
  const known = new Set<number>();
  const waiting: (() => void)[] = [];
  let leases = 0;

  const drop = (chain?: ChainState): void => {
    leases--;
    if (chain !== undefined) known.delete(chain.id);
    waiting.shift()?.();
  };

  /** A chain that is free; undefined when it is this process that holds it, or holds all that are whole. */
  const load = async (): Promise<ChainState | undefined> => {
    leases++;
    try {
      const chain = await inTransaction(db, (trx) => createAuditChains(trx, options).take(known));
      if (!known.has(chain.id)) {
        known.add(chain.id);
        return chain;
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

  const acquire = async (): Promise<ChainState> => {
    for (;;) {
      const chain = free.pop() ?? (leases < MAX_LEASES ? await load() : undefined);
      if (chain !== undefined) return chain;
      if (free.length === 0 && leases > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  return async (work) => {
    for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
      const chain = await acquire();
      let next: ChainState | undefined;
      try {
        const written = await work(chain, undefined);
        next = written.next;
        if (next !== undefined) return written.result;
      } finally {
        if (next === undefined) drop(chain);
        else {
          free.push(next);
          waiting.shift()?.();
        }
      }
    }
    return inTransaction(db, async (trx) => {
      const { result } = await work(await createAuditChains(trx, options).take(), trx);
      return result;
    });
  };
}
