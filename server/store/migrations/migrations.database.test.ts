import { describe, expect, test } from "vitest";
import { createMigrations, migrate } from "./migrations.ts";
import { createPostgresTurnIndex } from "../search/postgres-turn-index.ts";
import { createSqliteTurnIndex } from "../search/sqlite-turn-index.ts";
import { openStore } from "../store.ts";
import { createWebSessionStore } from "../sql/web-session-store.ts";
import { createOauthClientStore } from "../sql/oauth-client-store.ts";
import { clientOf } from "#server/testing/client-of.ts";
import { webSessionOf } from "#server/testing/web-session-of.ts";
import { databases } from "#server/testing/databases.ts";
import { createManualClock, createRecordingLogger } from "#server/testing/temporary-store.ts";

const FIRST = "0001_accounts_chats_turns_tokens";
const session = webSessionOf({ hash: "h1", userId: "a1" });

/** The search index up to migration 14, with what it had of one turn. */
const firstIndex: Readonly<Record<(typeof databases)[number]["name"], readonly string[]>> = {
  SQLite: [
    `create virtual table turn_search using fts5(
      scope, question, answer, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0')`,
    `create table turn_search_rows (
      id integer primary key autoincrement,
      turn_id text not null unique references turns (id) on delete cascade)`,
    `create trigger turn_search_rows_gone after delete on turn_search_rows begin
      delete from turn_search where rowid = old.id; end`,
    "insert into turn_search_rows (turn_id) values ('heron')",
    "insert into turn_search (rowid, scope, question, answer) values (1, 'u75', 'stale', 'said')",
  ],
  PostgreSQL: [
    `create table turn_search (
      turn_id text primary key references turns (id) on delete cascade, scope text[] not null, words tsvector not null)`,
    "create index turn_search_by_words on turn_search using gin (scope, words)",
    "insert into turn_search (turn_id, scope, words) values ('heron', array['u:u', 'c:c'], 'stale'::tsvector)",
  ],
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

  test("a chat that was a list becomes the one path of a tree", async () => {
    await using database = await openEmpty();
    const index = name === "SQLite" ? createSqliteTurnIndex() : createPostgresTurnIndex();
    const all = createMigrations(index);
    expect(all).toHaveProperty("0009_chat_trees");
    const before = Object.fromEntries(Object.entries(all).filter(([migration]) => migration < "0009"));
    await migrate(await database.openDb(), before, "the test's");
    for (const chat of ["c1", "c2", "empty"]) {
      await database.query(
        "insert into chats (id, user_id, title, created_at_ms, updated_at_ms) values ($1, 'u', 'T', 1, 2)",
        chat,
      );
    }
    for (const [chat, at, status] of [
      ["c1", 0, "done"],
      ["c2", 0, "done"],
      ["c1", 1, "failed"],
      ["c1", 2, "done"],
    ] as const) {
      await database.query(
        `insert into turns (id, chat_id, user_id, turn_index, user_text, had_image, assistant_text, status,
          input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms)
          values ($1, $2, 'u', $3, '?', 0, 'Said.', $4, 0, 0, 'o', 0, 1)`,
        `${chat}-${at}`,
        chat,
        at,
        status,
      );
    }
    const options = { ...database.location, clock: createManualClock(), logger: createRecordingLogger() };
    await using store = await openStore(options);
    const path = await store.turns.history("u", "c1", 10);
    expect(path).toMatchObject(
      [2, 1, 0].map((at) => ({ turn: { id: `c1-${at}` }, siblings: [`c1-${at}`], picture: undefined })),
    );
    expect(path[1]?.turn).toMatchObject({
      status: "failed",
      failure: undefined,
      parts: [{ kind: "text", text: "Said." }],
    });
    expect(await store.chats.find("u", "c2")).toMatchObject({
      headTurnId: "c2-0",
      pinned: false,
      archived: false,
      projectId: undefined,
    });
    expect(await store.chats.find("u", "empty")).toMatchObject({ headTurnId: undefined });
  });

  test("an index of the first shape, with entries in it, gives way to today's, which is made from the turns", async () => {
    await using database = await openEmpty();
    const index = name === "SQLite" ? createSqliteTurnIndex() : createPostgresTurnIndex();
    const all = createMigrations(index);
    expect(all).toHaveProperty("0015_turn_search");
    const before = Object.fromEntries(Object.entries(all).filter(([migration]) => migration < "0015"));
    await migrate(await database.openDb(), before, "the test's");
    await database.query(
      "insert into chats (id, user_id, title, created_at_ms, updated_at_ms, pinned, archived) values ('c', 'u', 'T', 1, 2, 0, 0)",
    );
    for (const [at, id] of ["heron", "otter"].entries()) {
      await database.query(
        `insert into turns (id, chat_id, user_id, turn_index, user_text, had_image, assistant_text, status,
          input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms)
          values ($1, 'c', 'u', $2, $1, 0, 'Said.', 'done', 0, 0, 'o', 0, 1)`,
        id,
        at,
      );
    }
    for (const statement of firstIndex[name]) await database.query(statement);
    const options = { ...database.location, clock: createManualClock(), logger: createRecordingLogger() };
    await using store = await openStore(options);
    const find = async (query: string) =>
      (await store.turns.search("u", query, { limit: 5 })).map(({ turnId }) => turnId);
    store.completeIndex();
    await expect.poll(() => find("heron")).toEqual(["heron"]);
    await expect.poll(() => find("otter")).toEqual(["otter"]);
    expect(await find("stale")).toEqual([]);
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

  test("browsers that are signed in stay so, each with a name of its own", async () => {
    await using database = await openEmpty();
    const index = name === "SQLite" ? createSqliteTurnIndex() : createPostgresTurnIndex();
    const all = createMigrations(index);
    expect(all).toHaveProperty("0012_browser_sessions");
    const before = Object.fromEntries(Object.entries(all).filter(([migration]) => migration < "0012"));
    const db = await database.openDb();
    await migrate(db, before, "the test's");
    for (const hash of ["h1", "h2"]) {
      await database.query(
        `insert into web_sessions (hash, user_id, client_id, scope, created_at_ms, last_seen_at_ms, expires_at_ms)
          values ($1, 'u1', 'pipit-web', '', 1, 1, 100)`,
        hash,
      );
    }
    await migrate(db, all, "the test's");
    const found = await createWebSessionStore(db).listLive("u1", 5);
    expect(new Set(found.map(({ id }) => id)).size).toBe(2);
    expect(found).toMatchObject([
      { hash: "h1", proof: "code", familyId: undefined },
      { hash: "h2", proof: "code", familyId: undefined },
    ]);
  });
});
