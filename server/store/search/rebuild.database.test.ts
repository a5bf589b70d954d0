import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { databases, sharedDatabases } from "#server/testing/databases.ts";
import { storeWithTurns } from "#server/testing/search-kit.ts";

const said = Array.from({ length: 120 }, (_, n) => ({ question: `heron number${n}`, chatId: `c${n % 3}` }));

describe.each(databases)("the index on $name", (database) => {
  test("of another version answers while it is made anew, and says so", async () => {
    await using one = await storeWithTurns(database, said);
    await one.query("update turn_search_state set version = -1");
    const next = await one.reopen();
    next.completeIndex();
    expect(await next.turns.search("user-1", "heron", { limit: 100 })).toHaveLength(100);
    await expect.poll(() => one.logger.lines.map(({ event }) => event)).toContain("store.index_rebuilt");
    expect(one.logger.lines).toMatchObject([
      { level: "info", event: "store.index_rebuild", fields: { turns: said.length } },
      { level: "info", event: "store.index_rebuilt" },
    ]);
    expect(await next.turns.search("user-1", "number7", { limit: 100 })).toHaveLength(1);
    expect(await one.query("select outdated from turn_search_state")).toEqual([{ outdated: 0 }]);
  });

  test("that lost its words gets them back from the turns", async () => {
    await using one = await storeWithTurns(database, said.slice(0, 20));
    const wiped =
      database.name === "SQLite" ? "delete from turn_search" : "update turn_search set words = ''";
    await one.query(wiped);
    await one.query("update turn_search_state set version = -1");
    const next = await one.reopen();
    expect(await next.turns.search("user-1", "number7", { limit: 5 })).toEqual([]);
    next.completeIndex();
    await expect.poll(() => next.turns.search("user-1", "number7", { limit: 5 })).toHaveLength(1);
  });
});

test.each(sharedDatabases)("two servers make the index of one $name anew at once", async (database) => {
  await using one = await storeWithTurns(database, said);
  await one.query("update turn_search set words = ''");
  await one.query("update turn_search_state set version = -1");
  const second = await one.openSecond();
  for (const store of [one.store, second]) store.completeIndex();
  await expect
    .poll(() => one.logger.lines.filter(({ event }) => event === "store.index_rebuilt").length)
    .toBe(2);
  for (const { turns } of [one.store, second]) {
    expect(await turns.search("user-1", "heron", { limit: 100 })).toHaveLength(100);
    for (const n of [0, 59, 119])
      expect(await turns.search("user-1", `number${n}`, { limit: 5 })).toHaveLength(1);
  }
  expect(one.logger.lines.filter(({ level }) => level !== "info")).toEqual([]);
});

test.each(["search", "finish"])(
  "a damaged index is noticed by %s, made anew, and nothing is lost",
  async (by) => {
    const [sqlite] = databases;
    if (sqlite === undefined) throw new Error("there is no SQLite");
    await using one = await storeWithTurns(sqlite, said);
    if (!("file" in one.location)) throw new Error("SQLite is a file");
    const database = new Database(one.location.file).unsafeMode();
    // The first ten rows tell how the others are used.
    database.exec("update turn_search_data set block = zeroblob(20) where id > 10");
    database.close();
    const { turns } = one.store;
    if (by === "search") await one.find("heron");
    else {
      const turn = { turnId: "late", chatId: "c1", userId: "user-1", ownerId: "p", nowMs: 999 };
      const question = { clientMessageId: undefined, userText: "an otter", hadImage: false, leaseMs: 1 };
      await turns.begin({ ...turn, ...question });
      const end = {
        status: "done",
        reasoning: "",
        model: undefined,
        inputTokens: 0,
        outputTokens: 0,
      } as const;
      await turns.finish({ ...turn, ...end, assistantText: "It swims." });
      await one.find("otter");
    }
    await expect.poll(() => one.find("number119")).toHaveLength(1);
    await expect.poll(() => one.find("number0")).toHaveLength(1);
    if (by === "finish") expect(await one.find("otter swims")).toHaveLength(1);
    expect(one.logger.lines.map(({ event }) => event)).toContain("store.index_damaged");
    expect(one.logger.lines.map(({ event }) => event)).not.toContain("store.damaged");
  },
);
