import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseSearchQuery } from "#server/domain/chats/search-query.ts";
import { databases } from "#server/testing/databases.ts";
import { storeWithTurns } from "#server/testing/search-kit.ts";
import { goldChats, goldQueries } from "./gold.ts";

const { queries } = goldQueries();
const turns = goldChats().flatMap(({ id, person, title, turns: said }) =>
  said.map((turn) => ({ ...turn, chatId: id, userId: person, title, atMs: Date.parse(turn.at) })),
);

describe.each(databases)("[7] on $name", (database) => {
  let said: Awaited<ReturnType<typeof storeWithTurns>>;
  beforeAll(async () => {
    said = await storeWithTurns(
      database,
      turns.toSorted((one, other) => one.atMs - other.atMs),
    );
  });
  afterAll(() => said[Symbol.asyncDispose]());

  test.each([...new Set(queries.map((query) => query.class))])(
    "the gold queries of %s find what they must and nothing else",
    async (name) => {
      for (const { query, expected } of queries.filter((one) => one.class === name)) {
        const { text, ...filters } = parseSearchQuery(query, "q");
        const hits = await said.find(text, { userId: "vera", limit: 100, ...filters });
        const ids = hits.map(({ chatId, turnIndex }) => `${chatId}:${turnIndex}`).toSorted();
        expect.soft({ query, ids }).toEqual({ query, ids: expected.toSorted() });
      }
    },
  );
});
