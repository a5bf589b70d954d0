import { describe, expect, test } from "vitest";
import { createMigrations, migrate } from "./migrations.ts";
import { createPostgresTurnIndex } from "../search/postgres-turn-index.ts";
import { createSqliteTurnIndex } from "../search/sqlite-turn-index.ts";
import { openStore } from "../store.ts";
import { createOauthClientStore } from "../sql/oauth-client-store.ts";
import { clientOf } from "#server/testing/client-of.ts";
import { databases } from "#server/testing/databases.ts";
import { createManualClock, createRecordingLogger } from "#server/testing/temporary-store.ts";

const FIRST = "0001_accounts_chats_turns_tokens";
const session = {
  hash: "h1",
  userId: "a1",
  clientId: "pipit-web",
  scope: "api:read",
  createdAtMs: 1,
  lastSeenAtMs: 1,
  expiresAtMs: 2,
};

describe.each(databases)("on $name", ({ name, openEmpty }) => {
  test("a database of the first release gets what came since, and keeps what it holds", async () => {
    await using database = await openEmpty();
    const index = name === "SQLite" ? createSqliteTurnIndex() : createPostgresTurnIndex();
    const { [FIRST]: first, ...later } = createMigrations(index);
    if (first === undefined) throw new Error("the first migration has another name");
    expect(Object.keys(later).length).toBeGreaterThan(0);
    await migrate(await database.openDb(), { [FIRST]: first }, "the test's");
    await database.query(
      "insert into accounts (id, login, display_name, is_local, is_active, created_at_ms) values ($1, $2, $3, 0, 1, 5)",
      "a1",
      "Ann",
      "Ann B.",
    );

    const options = { ...database.location, clock: createManualClock(), logger: createRecordingLogger() };
    await using store = await openStore(options);
    expect(store.setAside).toBeUndefined();
    expect(await store.auth.accounts.findById("a1")).toMatchObject({
      login: "Ann",
      displayName: "Ann B.",
      local: false,
      active: true,
      createdAtMs: 5,
    });
    await store.auth.webSessions.create(session);
    expect(await store.auth.webSessions.find("h1")).toEqual(session);
  });

  test("clients get today's grace, but for those whose operator has chosen another", async () => {
    await using database = await openEmpty();
    const index = name === "SQLite" ? createSqliteTurnIndex() : createPostgresTurnIndex();
    const all = createMigrations(index);
    expect(all).toHaveProperty("0004_refresh_grace");
    const before = Object.fromEntries(Object.entries(all).filter(([migration]) => migration < "0004"));
    const db = await database.openDb();
    await migrate(db, before, "the test's");
    const clients = createOauthClientStore(db);
    for (const [clientId, refreshGraceMs] of Object.entries({ usual: 10_000, strict: 0, own: 30_000 })) {
      await clients.insert(clientOf({ clientId, refreshGraceMs }));
    }
    await migrate(db, all, "the test's");
    expect(
      (await clients.list()).map(({ clientId, refreshGraceMs }) => [clientId, refreshGraceMs]).toSorted(),
    ).toEqual([
      ["own", 30_000],
      ["strict", 0],
      ["usual", 900_000],
    ]);
  });
});
