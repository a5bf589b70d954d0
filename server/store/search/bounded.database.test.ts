import Database from "better-sqlite3";
import { sql, type CompiledQuery, type Kysely, type KyselyPlugin } from "kysely";
import { describe, expect, test } from "vitest";
import { databases, type DatabaseStore } from "#server/testing/databases.ts";
import { searchTurns } from "../turns/turn-search.ts";
import type { Tables } from "../sql/schema.ts";
import { createPostgresTurnIndex } from "./postgres-turn-index.ts";
import { createSqliteTurnIndex } from "./sqlite-turn-index.ts";
import { MAX_MATCHES } from "./turn-index.ts";
import { nearTurns } from "./turn-vectors.ts";

/** More than a search looks at, in one chat in three of two people. */
const turns = MAX_MATCHES + 400;

/** Too old to be looked at, and the only ones with one of the words in the question. */
const oldTurns = 400;

/** Turns as an upgrade finds them, all with one common word; indexed. */
async function fill(one: DatabaseStore, isSqlite: boolean): Promise<void> {
  const numbers = isSqlite
    ? "with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < $1)"
    : "with numbers as (select generate_series(0, $1::integer) as n)";
  for (const n of [0, 1, 2])
    await one.query(
      `insert into chats (id, user_id, title, created_at_ms, updated_at_ms, pinned, archived)
        values ('c${n}', '${n === 2 ? "other" : "u"}', 'Chat', 0, 0, 0, 0)`,
    );
  await one.query(
    `insert into turns (id, chat_id, user_id, turn_index, user_text, had_image, assistant_text, status, input_tokens,
        output_tokens, owner_id, lease_until_ms, created_at_ms)
      ${numbers} select 't' || n, 'c' || (n % 3), case n % 3 when 2 then 'other' else 'u' end, n,
        case when n < ${oldTurns * 1.5} then 'heron stands number' else 'heron number' end || n, 0,
        'It stands src/heron.ts', 'done', 0, 0, 'o', 0, n from numbers`,
    turns * 1.5,
  );
  await one.query(
    isSqlite
      ? "insert into turn_search_rows (turn_id, created_at_ms) select id, created_at_ms from turns order by created_at_ms"
      : `insert into turn_search (turn_id, created_at_ms, scope, words)
          select id, created_at_ms, '{}'::text[], ''::tsvector from turns order by created_at_ms`,
  );
  await one.query("update turn_search_state set version = -1");
  one.store.completeIndex();
  const isDone = () => one.query("select version > 0 and outdated = 0 as done from turn_search_state");
  await expect.poll(isDone, { timeout: 60_000 }).toEqual([{ done: isSqlite ? 1 : true }]);
  // As its autovacuum does; on SQLite there is none, nor is there one in a real server.
  if (!isSqlite) await one.query("analyze");
}

/** What a database is asked, and how many rows it gives. */
class Watch implements KyselyPlugin {
  readonly asked: CompiledQuery[] = [];
  readonly rows: number[] = [];
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  transformQuery({ node, queryId }: Parameters<KyselyPlugin["transformQuery"]>[0]) {
    this.asked.push(this.#db.getExecutor().compileQuery(node, queryId));
    return node;
  }

  transformResult({ result }: Parameters<KyselyPlugin["transformResult"]>[0]) {
    this.rows.push(result.rows.length);
    return Promise.resolve(result);
  }

  /** The plans of all that was asked, without its parameters' values. */
  async plans(isSqlite: boolean): Promise<readonly string[]> {
    return this.#db.transaction().execute(async (trx) => {
      // A planner prefers to read all of a table that is small.
      if (!isSqlite) await sql`set local enable_seqscan = off`.execute(trx);
      const explain = isSqlite ? "explain query plan " : "explain (costs off) ";
      const plans: string[] = [];
      for (const query of this.asked) {
        const { rows } = await trx.executeQuery({ ...query, sql: explain + query.sql });
        plans.push(`${query.sql}\n${JSON.stringify(rows)}`);
      }
      return plans;
    });
  }
}

/** How many matches FTS5 walks for what counts the terms of a search in questions. */
function walked({ location }: DatabaseStore, { asked }: Watch): number {
  if (!("file" in location)) throw new Error("Only SQLite can be watched so closely.");
  let rows = 0;
  const reader = new Database(location.file, { readonly: true });
  reader.function("counted", () => (rows += 1));
  for (const query of asked.filter((one) => one.sql.includes("rowid >=")))
    reader.prepare(query.sql.replace("where ", "where counted() and ")).all(...query.parameters);
  reader.close();
  return rows;
}

describe.each(databases)("[8] a search on $name", (database) => {
  const isSqlite = database.name === "SQLite";

  test("reads no more of many matches than of few, and no table of turns from end to end", async () => {
    await using one = await database.open();
    await fill(one, isSqlite);
    if (isSqlite) {
      // A list for each of both people.
      const lists = "select doc from turn_search_words where term like '%heron' order by doc";
      expect(await one.query(lists)).toEqual([{ doc: 1_200 }, { doc: 2_401 }]);
    }
    const db = await one.openDb();
    const index = isSqlite ? createSqliteTurnIndex() : createPostgresTurnIndex();
    // Turns whose texts it reads at most.
    for (const [query, most] of [
      ["heron", 100],
      ["stands", 100],
      ["heron stands", 100],
      ["number7", 100],
      ['"heron number900"', MAX_MATCHES],
      ["src/heron.ts", 100],
      ["stands/heron.ts", 0],
      ["/", 100],
      ["hreon", 100],
      ["giraffe", 0],
    ] as const) {
      const watch = new Watch(db);
      const watched = db.withPlugin(watch);
      const hits = await searchTurns({ db: watched, roomy: watched }, index, "u", query, { limit: 5 });
      expect(hits.length > 0, query).toBe(most > 0);
      expect(Math.max(...watch.rows), query).toBeLessThanOrEqual(MAX_MATCHES);
      const texts = watch.rows.filter((_, at) => watch.asked[at]?.sql.includes("substr(") === true);
      expect(
        texts.reduce((sum, rows) => sum + rows, 0),
        query,
      ).toBeLessThanOrEqual(most);
      for (const plan of await watch.plans(isSqlite)) {
        // FTS5 itself is "scanned", by its index, and so is what was found there. All turns of a person are as many as all turns.
        expect(plan, query).not.toMatch(
          /SCAN (?!turn_search VIRTUAL|turn_search_words VIRTUAL|CONSTANT|found")|TEMP B-TREE|Seq Scan|turns USING INDEX \w+ \(user_id|turns_once/,
        );
      }
      if (isSqlite && query === "heron") expect(walked(one, watch)).toBe(MAX_MATCHES);
      if (isSqlite && query === "stands") expect(walked(one, watch)).toBe(0);
    }
  });
});

test("[8] a search by meaning between two days looks up the entries of its person", async () => {
  const [sqlite] = databases;
  await using one = await sqlite?.open();
  if (one === undefined || !("file" in one.location)) throw new Error("SQLite is a file");
  const db = await one.openDb();
  const watch = new Watch(db);
  const meaning = { vector: [1], maker: "m", least: 0 };
  const days = { chatIds: undefined, afterMs: 1, beforeMs: 9 };
  // Only the thread of searches can compare bits.
  const found = nearTurns(db.withPlugin(watch), createSqliteTurnIndex(), "u", meaning, days);
  await expect(found).rejects.toThrow();
  const reader = new Database(one.location.file, { readonly: true });
  reader.function("hamming", (a, b) => Number(a !== b));
  const plans = watch.asked.map(({ sql: text, parameters }) =>
    reader.prepare(`explain query plan ${text}`).all(...parameters),
  );
  reader.close();
  expect(JSON.stringify(plans)).toContain("turn_vectors_by_user");
  expect(JSON.stringify(plans)).not.toMatch(/SCAN (?!near|turn_vector_state)/);
});
