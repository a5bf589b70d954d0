import type { Database } from "better-sqlite3";
import type { Kysely } from "kysely";
import type { Rotation, RotationStore } from "#server/domain/tokens/ports.ts";
import { checkedChain, createAuditChains } from "../audit/audit-chains.ts";
import { insertSqlite, moveSqlite, sealEvent, type AuditLogOptions } from "../audit/audit-store.ts";
import { findTokenText, toFoundToken, type FoundTokenRow } from "../sql/found-token.ts";
import type { AuditChainRow, Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import type { Attempt } from "./sqlite-dialect.ts";

const find = findTokenText("?", "?");
const consume = `
  update refresh_tokens set consumed_at_ms = ?
  where hash = ? and family_id = ? and consumed_at_ms is null and exists (
    select 1 from refresh_families as f join accounts as a on a.id = f.user_id
    where f.id = refresh_tokens.family_id and f.revoked_at_ms is null and a.is_active = 1
  )`;
const insert = "insert into refresh_tokens (hash, family_id, generation, expires_at_ms) values (?, ?, ?, ?)";

/**
 * {@link RotationStore} on SQLite: prepared statements past the query builder, a rotation in one transaction without a
 * pause. The file has one server, so its clock is the database's.
 *
 * @param attempt runs what asks SQLite, and turns its errors into ours
 */
export function createSqliteRotations(
  db: Kysely<Tables>,
  database: Database,
  attempt: Attempt,
  audit: AuditLogOptions,
): RotationStore {
  const { key, clock } = audit;
  /** Runs between other callers' transactions on the shared connection. */
  const alone = <T>(work: () => T): Promise<T> => db.connection().execute(async () => attempt(work));
  const statements = attempt(() => ({
    find: database.prepare<[number, string], FoundTokenRow>(find),
    chain: database.prepare<[number], AuditChainRow>("select * from audit_chains where id = ?"),
    consume: database.prepare(consume),
    insert: database.prepare(insert),
    use: database.prepare("update refresh_families set last_used_at_ms = ? where id = ?"),
    move: database.prepare(moveSqlite),
    append: database.prepare(insertSqlite),
  }));

  const rotate = database.transaction((rotation: Rotation, chainId: number) => {
    const chain = checkedChain(key, statements.chain.get(chainId));
    if (chain === undefined) return "chain-changed";
    const { hash: next, familyId, generation, expiresAtMs } = rotation.successor;
    const nowMs = clock.nowMs();
    if (statements.consume.run(nowMs, rotation.hash, familyId).changes !== 1) return false;
    statements.insert.run(next, familyId, generation, expiresAtMs);
    statements.use.run(nowMs, familyId);
    const { moved, values } = sealEvent(audit, chain, rotation);
    statements.move.run(...moved);
    statements.append.run(...values);
    return true;
  });

  let chainId = 0;
  return {
    async find(hash) {
      const row = await alone(() => statements.find.get(clock.nowMs(), hash));
      return row && toFoundToken(row);
    },

    async rotate(rotation) {
      for (;;) {
        const done = await alone(() => rotate.immediate(rotation, chainId));
        if (done !== "chain-changed") return done;
        chainId = (await inTransaction(db, (trx) => createAuditChains(trx, audit).take())).id;
      }
    },
  };
}
