import { sql, type CompiledQuery, type Kysely } from "kysely";
import { describe, expect, test } from "vitest";
import { sharedDatabases } from "#server/testing/databases.ts";
import { timeOf } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { createRemoveOld } from "./remove-old.ts";

/** Their index has more than a hundred pages. */
const TOKENS = 40_000;

/** Pages that a statement reads by an index of used tokens. */
async function pagesRead(db: Kysely<Tables>, { sql: text, parameters }: CompiledQuery): Promise<number> {
  const explained = await db.transaction().execute(async (trx) => {
    await sql`set local enable_seqscan = off`.execute(trx);
    await sql`set local enable_bitmapscan = off`.execute(trx);
    const query = { ...sql`select 1`.compile(trx), parameters };
    return trx.executeQuery({ ...query, sql: `explain (analyze, buffers, format json) ${text}` });
  });
  const plan = JSON.stringify(explained.rows);
  expect(plan).toContain("refresh_tokens_used");
  const [, hit, read] = /"Shared Hit Blocks":(\d+),"Shared Read Blocks":(\d+)/.exec(plan) ?? [];
  return Number(hit) + Number(read);
}

describe.each(sharedDatabases)("a sweep on $name", ({ open }) => {
  test("begins each batch where the last one ended, since what was removed stays in the index until a vacuum", async () => {
    await using database = await open();
    await database.query("alter table refresh_tokens set (autovacuum_enabled = off)");
    await database.query(
      `insert into refresh_families (id, user_id, client_id, scope, amr, created_at_ms, expires_at_ms)
        values ('f', 'u', 'c', 's', 'pwd', 1, $1)`,
      Number.MAX_SAFE_INTEGER,
    );
    await database.query(
      `insert into refresh_tokens (hash, family_id, generation, expires_at_ms, consumed_at_ms)
        select 'h' || n, 'f', n, n, 1 from generate_series(1, $1::integer) as n`,
      TOKENS,
    );
    const db = await database.openDb();
    const asked: CompiledQuery[] = [];
    const watched = db.withPlugin({
      transformQuery({ node, queryId }) {
        asked.push(db.getExecutor().compileQuery(node, queryId));
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const removeOld = createRemoveOld({
      dialect: "postgres",
      db,
      roomy: watched,
      time: timeOf(database.clock),
      removeChat: () => Promise.reject(new Error("There are no chats.")),
    });
    const kept = { chatsKeptDays: 0, usageKeptDays: 0, usedTokensKeptDays: 1 };
    expect(await removeOld(kept, new AbortController().signal)).toEqual({ refresh_tokens: TOKENS });
    const last = asked.findLast((query) => query.sql.includes('delete from "refresh_tokens"'));
    if (last === undefined) throw new Error("No token was removed.");
    expect(await pagesRead(db, last)).toBeLessThan(20);
  });
});
