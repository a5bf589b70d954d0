import { expect, describe, test } from "vitest";
import { sharedDatabases } from "#server/testing/databases.ts";
import { sql } from "kysely";
import { searchTurns } from "../turns/turn-search.ts";
import { createPostgresTurnIndex } from "./postgres-turn-index.ts";
import { PostgresIndexWork } from "./postgres-index-work.ts";
import { beginning, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

describe.each(sharedDatabases)("the turn index on $name", (database) => {
  const openWithAnswer = async (assistantText: string, userText = "?") => {
    const temporary = await openStoreWithChat(database);
    await temporary.store.turns.begin(beginning({ userText }));
    await temporary.store.turns.finish(ending({ assistantText }));
    const find = async (query: string) => temporary.store.turns.search("user-1", query, { limit: 5 });
    return { ...temporary, find };
  };

  test("takes an answer of any length, and finds its beginning", async () => {
    const words = Array.from({ length: 300_000 }, (_, n) => `word${n}`).join(" ");
    await using temporary = await openWithAnswer(`hippopotamus ${words}`);
    expect(await temporary.find("hippopotamus")).toHaveLength(1);
    expect(await temporary.find("word1234")).toHaveLength(1);
  });

  test("takes one word ten thousand times, and words of any length and script", async () => {
    const long = "ы".repeat(5000);
    const odd = "नमस्ते 東京 e\u0301te\u0301 1e5 007 3.14 user@example.org";
    await using temporary = await openWithAnswer(`${"owl ".repeat(10_000)} ${long} ${odd}`);
    for (const query of ["owl", long.slice(0, 1000), "नमस्ते", "東京", "ete", "1e5", "007", "user example"]) {
      expect(await temporary.find(query), query).toHaveLength(1);
    }
  });

  test("keeps all words of a long answer however long the database takes for each piece", async () => {
    await using temporary = await openWithAnswer("otter", "hippopotamus");
    await using work = new PostgresIndexWork(await temporary.openDb(), 0);
    await temporary.query("update turn_search set words = ''");
    await work.complete("turn-1");
    expect(await temporary.find("otter")).toHaveLength(1);
    expect(await temporary.find("hippopotamus")).toHaveLength(1);
  });

  test("forgets a turn with its chat", async () => {
    await using temporary = await openWithAnswer("hippopotamus");
    const count = () => temporary.query("select count(*) as n from turn_search");
    expect(await count()).toEqual([{ n: 1 }]);
    await temporary.query("delete from chats");
    expect(await count()).toEqual([{ n: 0 }]);
  });

  test("is asked by a plan for the very words, however often", async () => {
    await using temporary = await openWithAnswer("hippopotamus");
    const db = await temporary.openDb();
    const index = createPostgresTurnIndex();
    await db.connection().execute(async (one) => {
      // PostgreSQL makes a plan for any words from the sixth time on, and that reads all turns with a common one.
      for (let time = 0; time < 8; time++)
        for (const query of ["hippopotamus", "hippopotamos"])
          expect(
            await searchTurns({ db: one, roomy: one }, index, "user-1", query, { limit: 5 }),
          ).toHaveLength(1);
      const { rows } = await sql`select statement from pg_prepared_statements
        where generic_plans > 0 and statement like '%turn_search%'`.execute(one);
      expect(rows).toEqual([]);
    });
  });

  test("narrows by user, chat and words in one index", async () => {
    await using temporary = await openWithAnswer("hippopotamus");
    await temporary.query("set enable_seqscan = off");
    const plan = await temporary.query(
      "explain (costs off) select 1 from turn_search " +
        "where scope @> array['u:user-1', 'c:chat-1']::text[] and words @@ '''hippo'':*'::tsquery",
    );
    expect(JSON.stringify(plan)).toMatch(/turn_search_by_words.*Index Cond.*scope @>.*AND.*words @@/);
  });
});
