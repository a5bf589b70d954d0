import { CompiledQuery, type Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import { auditChainMac, type ChainState, type AuditKey } from "#server/domain/audit/audit-hash.ts";
import { AUDIT_CHAINS } from "../migrations/migration-0003.ts";
import type { AuditChainRow, Tables } from "../sql/schema.ts";

/** One transaction's view of the chains. */
export interface AuditChains {
  /**
   * Locks a chain until the end of the transaction: a free one, if there is any. A chain whose MAC is wrong is left as
   * it is, for the operator to look into, and another one taken.
   *
   * @param avoid chains not to take
   * @throws PipitError STORAGE_CORRUPT when no other chain is whole
   */
  take(avoid?: Iterable<number>): Promise<ChainState>;
  /** Locks this chain; undefined when it is missing or its MAC is wrong. */
  takeOne(id: number): Promise<ChainState | undefined>;
}

export interface AuditChainsOptions {
  /** 32 bytes, of the master key. Who has it can forge the log; who has only the database cannot. */
  readonly key: AuditKey;
  readonly dialect: "sqlite" | "postgres";
  /** Told of each chain that is passed over because it is damaged. */
  readonly onDamaged?: () => void;
}

/** The chains as `trx` sees them; it must be a transaction. */
export function createAuditChains(trx: Kysely<Tables>, options: AuditChainsOptions): AuditChains {
  return options.dialect === "postgres" ? postgresChains(trx, options) : sqliteChains(trx, options);
}

/** SQLite has one writer, so one chain is enough, and no row needs a lock. */
function sqliteChains(trx: Kysely<Tables>, { key, onDamaged }: AuditChainsOptions): AuditChains {
  const read = async (id: number): Promise<AuditChainRow | undefined> =>
    first(trx, "select * from audit_chains where id = ?", [id]);
  return {
    async take() {
      for (let id = 0; id < AUDIT_CHAINS; id++) {
        let row = await read(id);
        if (row?.mac === "" && (await signUnused(trx, key, "select * from audit_chains order by id"))) {
          row = await read(id);
        }
        const chain = checkedChain(key, row);
        if (chain !== undefined) return chain;
        onDamaged?.();
      }
      throw damaged();
    },
    async takeOne(id) {
      return checkedChain(key, await read(id));
    },
  };
}

function postgresChains(trx: Kysely<Tables>, { key, onDamaged }: AuditChainsOptions): AuditChains {
  const lock = async (id: number): Promise<AuditChainRow | undefined> =>
    first(trx, "select * from audit_chains where id = $1 for update", [id]);
  const lockFree = async (refused: readonly number[]): Promise<AuditChainRow | undefined> =>
    first(
      trx,
      "select * from audit_chains where mac <> '' and id <> all($1::int[]) order by random() limit 1 for update skip locked",
      [refused],
    );
  return {
    async take(avoid = []) {
      const refused = [...avoid];
      while (refused.length < AUDIT_CHAINS) {
        let row = await lockFree(refused);
        if (row === undefined) {
          // Either all are held by others, or this is the first event ever.
          await signUnused(trx, key, "select * from audit_chains order by id for update");
          const id = randomOf(refused);
          row = (await lock(id)) ?? { ...missing, id };
        }
        const chain = checkedChain(key, row);
        if (chain !== undefined) return chain;
        onDamaged?.();
        refused.push(row.id);
      }
      throw damaged();
    },
    async takeOne(id) {
      return checkedChain(key, await lock(id));
    },
  };
}

const missing = { seq: 0, head_hash: "", base_seq: 0, base_hash: "", mac: "" };

/**
 * Before the first event ever, signs all chains at once; so later an unsigned one is a damaged one, and an attacker
 * cannot pretend that a chain was never used. Locks them in one order, without holding any.
 */
async function signUnused(trx: Kysely<Tables>, key: AuditKey, selectAll: string): Promise<boolean> {
  const signed = await first(trx, "select id from audit_chains where mac <> '' limit 1", []);
  if (signed !== undefined) return false;
  const { rows } = await trx.executeQuery<AuditChainRow>(CompiledQuery.raw(selectAll));
  if (rows.some((row) => row.mac !== "" || row.seq !== 0)) return false;
  if ((await first(trx, "select id from audit_events limit 1", [])) !== undefined) return false;
  for (const row of rows) {
    await trx
      .updateTable("audit_chains")
      .set({ mac: auditChainMac(key, toChainState(row)) })
      .where("id", "=", row.id)
      .execute();
  }
  return true;
}

/** Undefined for a row that Pipit did not write. */
export function checkedChain(key: AuditKey, row: AuditChainRow | undefined): ChainState | undefined {
  if (row === undefined) return undefined;
  const state = toChainState(row);
  return row.mac === auditChainMac(key, state) ? state : undefined;
}

function toChainState(row: AuditChainRow): ChainState {
  return {
    id: row.id,
    seq: row.seq,
    headHash: row.head_hash,
    baseSeq: row.base_seq,
    baseHash: row.base_hash,
  };
}

function randomOf(refused: readonly number[]): number {
  const others = Array.from({ length: AUDIT_CHAINS }, (_, id) => id).filter((id) => !refused.includes(id));
  return others[Math.floor(Math.random() * others.length)] ?? 0;
}

async function first(
  trx: Kysely<Tables>,
  text: string,
  parameters: readonly unknown[],
): Promise<AuditChainRow | undefined> {
  const { rows } = await trx.executeQuery<AuditChainRow>(CompiledQuery.raw(text, [...parameters]));
  return rows[0];
}

function damaged(): PipitError {
  return new PipitError(
    "STORAGE_CORRUPT",
    "The server cannot write its audit log, so it decides nothing. Its operator must check the log.",
    {
      detail:
        "No audit chain has a valid MAC: table audit_chains was changed by hand, or the master key is another one. " +
        "Restore the master key or the database, or begin the damaged chains anew with: pipit audit restart.",
    },
  );
}
