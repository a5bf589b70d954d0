import type { AuditKey } from "#server/domain/audit/audit-hash.ts";
import { sql, type Kysely } from "kysely";
import type { AuditProblem, AuditVerdict, VerifyAuditOptions } from "#server/domain/audit/audit-reader.ts";
import { checkedChain } from "./audit-chains.ts";
import { walkChain } from "./audit-walk.ts";
import { AUDIT_CHAINS } from "../migrations/migration-0003.ts";
import type { AuditChainRow, Tables } from "../sql/schema.ts";

/** Retention may move a chain's anchor while we walk along it; so often it is walked again. */
const MAX_WALKS = 3;

/** Checks the whole log while servers write to it; see `AuditReader.verify`. */
export async function verifyAudit(
  db: Kysely<Tables>,
  key: AuditKey,
  options: VerifyAuditOptions = {},
): Promise<AuditVerdict> {
  const rows = await db.selectFrom("audit_chains").selectAll().orderBy("id").execute();
  if (isUnused(rows) && (await firstEvent(db)) === undefined) return { events: 0, problems: [] };
  const total = rows.reduce((sum, row) => sum + Math.max(row.seq - row.base_seq, 0), 0);
  const ids = [
    ...new Set([...Array.from({ length: AUDIT_CHAINS }, (_, id) => id), ...rows.map(({ id }) => id)]),
  ];
  const problems: AuditProblem[] = [];
  let checked = 0;
  const onBatch = (events: number): void => {
    checked += events;
    options.onProgress?.({ checked, total: Math.max(total, checked) });
  };
  for (const id of ids) {
    const problem = await verifyChain(db, key, id, { onBatch, signal: options.signal });
    if (problem !== undefined) problems.push(problem);
  }
  return { events: checked, problems: [...problems, ...(await strangeChains(db, ids))] };
}

async function verifyChain(
  db: Kysely<Tables>,
  key: AuditKey,
  id: number,
  options: Parameters<typeof walkChain>[3],
): Promise<AuditProblem | undefined> {
  let problem: AuditProblem | undefined;
  let baseSeq: number | undefined;
  for (let walk = 0; walk < MAX_WALKS; walk++) {
    const row = await db.selectFrom("audit_chains").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return { chain: id, damage: "chain-missing" };
    const chain = checkedChain(key, row);
    if (chain === undefined) return { chain: id, damage: "chain-changed" };
    if (chain.baseSeq === baseSeq) return problem;
    baseSeq = chain.baseSeq;
    problem = await walkChain(db, key, chain, options);
    if (problem === undefined) return unknownEvent(db, id);
  }
  return problem;
}

/** An event beyond its chain's ends. One statement, so that it sees events and ends as of the same moment. */
async function unknownEvent(db: Kysely<Tables>, id: number): Promise<AuditProblem | undefined> {
  const row = await db
    .selectFrom("audit_events as e")
    .innerJoin("audit_chains as c", "c.id", "e.chain")
    .select(["e.id", "e.seq"])
    .where("e.chain", "=", id)
    .where((eb) => eb.or([eb("e.seq", ">", eb.ref("c.seq")), eb("e.seq", "<=", eb.ref("c.base_seq"))]))
    .orderBy("e.seq")
    .limit(1)
    .executeTakeFirst();
  return row && { chain: id, damage: "event-unknown", seq: row.seq, eventId: row.id };
}

async function strangeChains(db: Kysely<Tables>, known: readonly number[]): Promise<readonly AuditProblem[]> {
  const row = await db
    .selectFrom("audit_events")
    .select(["id", "chain", "seq"])
    .where((eb) => eb.or([eb("chain", "<", 0), eb("chain", ">=", AUDIT_CHAINS)]))
    .where("chain", "not in", known)
    .limit(1)
    .executeTakeFirst();
  return row === undefined
    ? []
    : [{ chain: row.chain, damage: "event-unknown", seq: row.seq, eventId: row.id }];
}

/** As the migration left it; nothing was ever written, so nothing was signed. */
function isUnused(rows: readonly AuditChainRow[]): boolean {
  return rows.length === AUDIT_CHAINS && rows.every((row) => row.mac === "" && row.seq === 0);
}

async function firstEvent(db: Kysely<Tables>): Promise<unknown> {
  return db.selectFrom("audit_events").select(sql.lit(1).as("one")).limit(1).executeTakeFirst();
}
