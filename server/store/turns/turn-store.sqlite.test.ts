import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { Kysely } from "kysely";
import { describe, expect, test } from "vitest";
import { createChatStore } from "./chat-store.ts";
import { timeOf } from "../sql/database-time.ts";
import { createMigrations, migrate } from "../migrations/migrations.ts";
import { openDatabaseFile } from "../sqlite/open-sqlite.ts";
import type { Tables } from "../sql/schema.ts";
import { createAttempt, ServerSqliteDialect, SharedSqlite } from "../sqlite/sqlite-dialect.ts";
import { SqliteThread } from "../sqlite/sqlite-thread.ts";
import { ThreadSqliteDialect } from "../sqlite/thread-dialect.ts";
import { createSqliteIndexWork } from "../search/sqlite-index-work.ts";
import { createSqliteTurnIndex } from "../search/sqlite-turn-index.ts";
import { wordMark } from "../search/scope-tokens.ts";
import type { WorkerResult } from "#server/testing/begin-worker.ts";
import {
  createManualClock,
  createRecordingLogger,
  openTemporaryStore,
} from "#server/testing/temporary-store.ts";
import { beginning, chat, ending } from "#server/testing/turn-store-kit.ts";
import { SyncLog } from "../sync/sync-log.ts";
import { createTurnStore } from "./turn-store.ts";

describe("on the database itself", () => {
  async function openParts() {
    const dir = await mkdtemp(join(tmpdir(), "pipit-store-"));
    const file = join(dir, "pipit.db");
    const { database } = await openDatabaseFile({
      file,
      clock: createManualClock(),
      logger: createRecordingLogger(),
    });
    const shared = new SharedSqlite(database);
    const statements: { sql: string; parameters: readonly unknown[] }[] = [];
    const db = new Kysely<Tables>({
      dialect: new ServerSqliteDialect(shared, true),
      log: ({ query }) => void statements.push({ sql: query.sql, parameters: query.parameters }),
    });
    const index = createSqliteTurnIndex();
    await migrate(db, createMigrations(index), file);
    const time = timeOf(createManualClock());
    const sync = new SyncLog(time);
    const chats = createChatStore(db, { relaxed: db, roomy: db }, index, time, sync, () => {});
    await chats.create(chat);
    return {
      chats,
      database,
      shared,
      statements,
      turns: createTurnStore(
        db,
        { relaxed: db, roomy: db, ending: db, searching: db },
        index,
        time,
        sync,
        () => {},
      ),
      async [Symbol.asyncDispose]() {
        await db.destroy();
        await rm(dir, { recursive: true, force: true });
      },
    };
  }

  /** Each follows the one before it. */
  const fill = (database: Database.Database, turns: number): void => {
    database
      .prepare(
        `insert into turns (id, chat_id, user_id, parent_turn_id, turn_index, user_text, had_image, assistant_text, status,
            input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms)
          with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < $last)
          select 't' || n, 'chat-1', 'user-1', case n when 0 then null else 't' || (n - 1) end, n, 'heron', 0, $answer, 'done',
            0, 0, 'o', 0, n from numbers`,
      )
      .run({ last: turns - 1, answer: "otter ".repeat(50) });
    database.exec(
      `update chats set head_turn_id = 't${turns - 1}';
       insert into turn_search_rows (turn_id, created_at_ms) select id, created_at_ms from turns`,
    );
  };

  test("a page of a long chat costs its own rows, and what is done to all of it does not hold the event loop", async () => {
    await using parts = await openParts();
    const { chats, database, statements, turns } = parts;
    const long = 1_001;
    fill(database, long);
    statements.length = 0;
    const newest = await turns.history("user-1", "chat-1", 50);
    const oldest = await turns.history("user-1", "chat-1", 50, "t20");
    expect([newest, oldest].map((page) => page.map(({ siblings }) => siblings.length))).toEqual([
      Array(50).fill(1),
      Array(20).fill(1),
    ]);
    const plans = statements.map(({ sql, parameters }) =>
      JSON.stringify(database.prepare<unknown[]>(`explain query plan ${sql}`).all(...parameters)),
    );
    expect(plans.join("\n")).toContain("turns_by_parent (chat_id=? AND parent_turn_id=?)");
    expect(plans.join("\n")).not.toMatch(/SCAN turns|turns_by_chat|turns_once/);

    statements.length = 0;
    await chats.remove("user-1", "chat-1");
    expect(database.prepare("select count(*) from turn_search_rows").pluck().get()).toBe(0);
    // Others have their turn after each five hundred.
    const removed = statements.filter(({ sql }) => sql.startsWith("delete from turn_search_rows"));
    expect(removed.map(({ parameters }) => parameters.length)).toEqual([500, 500, 1]);
    expect(statements.filter(({ sql }) => sql === "commit")).toHaveLength(3);
    statements.length = 0;
    await chats.restore("user-1", "chat-1");
    expect(database.prepare("select count(*) from turn_search_rows").pluck().get()).toBe(long);
    // Those that are found at once are few, and the others need a few statements for each hundred.
    expect(statements.length).toBeLessThan(long);
  });

  test("recent, renewLeases and lost walk an index, so their cost does not grow with the chat", async () => {
    await using parts = await openParts();
    const planOf = (): string => {
      const last = parts.statements.at(-1);
      if (last === undefined) throw new Error("nothing was run");
      return parts.database
        .prepare<unknown[], { detail: string }>(`explain query plan ${last.sql}`)
        .all(...last.parameters)
        .map((row) => row.detail)
        .join("\n");
    };
    await parts.turns.recent("user-1", "chat-1", 10, "turn-500");
    expect(planOf()).not.toContain("SCAN turns");
    await parts.turns.renewLeases("process-a", ["turn-1"], 1);
    expect(planOf()).toContain("SEARCH turns USING");
    for (const answered of [[], ["turn-1"]]) {
      await parts.turns.lost(answered, 10);
      expect(planOf()).toContain("turns_running");
    }
  });

  test("[O1] a search reads the turns it found by their ids, whoever owns the others", async () => {
    await using parts = await openParts();
    const { database, statements, turns } = parts;
    await turns.begin(beginning());
    await turns.finish(ending({ assistantText: "the otter" }));
    statements.length = 0;
    expect(await turns.search("user-1", "otter", { limit: 5 })).toHaveLength(1);
    const plans = statements.map(({ sql, parameters }) =>
      database
        .prepare<unknown[], { detail: string }>(`explain query plan ${sql}`)
        .all(...parameters)
        .map(({ detail }) => detail)
        .join("\n"),
    );
    expect(plans.join("\n")).not.toMatch(/SCAN (turns|r\b|turn_search_rows)/);
    expect(plans.join("\n")).toContain("SEARCH turns USING INDEX sqlite_autoindex_turns_1 (id=?)");
  });

  test("a large index is asked in a thread, which sees what was written and deleted just before", async () => {
    await using temporary = await openTemporaryStore();
    const { chats, turns } = temporary.store;
    await chats.create(chat);
    const database = new Database(temporary.file);
    database.exec("insert into sqlite_sequence (name, seq) values ('turn_search_rows', 1000000)");
    database.close();
    await turns.begin(beginning());
    await turns.finish(ending({ assistantText: "the otter" }));
    expect(await turns.search("user-1", "otter", { limit: 5 })).toHaveLength(1);
    await turns.remove("user-1", "chat-1", "turn-1");
    expect(await turns.search("user-1", "otter", { limit: 5 })).toEqual([]);
  });

  test("a long answer is indexed however long another keeps the database meanwhile", async () => {
    await using parts = await openParts();
    const { database, shared, turns } = parts;
    await turns.begin(beginning());
    await turns.finish(ending({ assistantText: "the otter" }));
    database.exec("delete from turn_search");
    await using thread = new SqliteThread(database.name, 0);
    const dialect = new ThreadSqliteDialect(shared, thread, createAttempt(database));
    await createSqliteIndexWork(new Kysely<Tables>({ dialect }), thread).complete("turn-1");
    expect(await turns.search("user-1", "otter", { limit: 5 })).toHaveLength(1);
  });

  test("a full disk is named, and the transaction leaves nothing behind", async () => {
    await using parts = await openParts();
    const { database, turns } = parts;
    await turns.begin(beginning());
    const pages = database.pragma("page_count", { simple: true });
    database.pragma(`max_page_count = ${String(pages)}`);
    const answer = Array.from({ length: 20_000 }, (_, n) => `word${n}`).join(" ");
    const failure = turns.finish(ending({ assistantText: answer }));
    await expect(failure).rejects.toMatchObject({ code: "STORAGE_FULL", retryable: true });
    await expect(failure).rejects.toThrow(/disk is full/);
    await expect(failure).rejects.not.toThrow(/pipit\.db/);
    expect(await turns.recent("user-1", "chat-1", 5)).toMatchObject([
      { status: "running", assistantText: "" },
    ]);

    database.pragma("max_page_count = 1000000");
    await turns.finish(ending({ assistantText: answer }));
    expect(await turns.search("user-1", "word1999", { limit: 5 })).toHaveLength(1);
    expect(database.prepare("select count(*) as n from turn_search_rows").get()).toEqual({ n: 1 });
  });

  test("deleting a chat takes its turns and their index rows along", async () => {
    await using parts = await openParts();
    await parts.turns.begin(beginning());
    await parts.turns.finish(ending({ assistantText: "hippopotamus" }));
    const match = parts.database.prepare(
      `select count(*) as n from turn_search where turn_search match '"${wordMark("user-1")}hippopotamus"'`,
    );
    expect(match.get()).toEqual({ n: 1 });
    parts.database.prepare("delete from chats").run();
    expect(match.get()).toEqual({ n: 0 });
  });
});

test("two threads with their own connections insert once and give every turn its own index", async () => {
  await using temporary = await openTemporaryStore();
  await temporary.store.chats.create(chat);
  const workers = ["a", "b"].map(
    (name) =>
      new Worker(new URL("../../testing/begin-worker.ts", import.meta.url), {
        workerData: { file: temporary.file, name, turns: 20 },
      }),
  );
  const results = (await Promise.all(workers.map((worker) => once(worker, "message")))).flatMap(
    ([message]) => message as WorkerResult[],
  );
  await Promise.all(workers.map((worker) => worker.terminate()));
  const shared = results.filter((result) => result.message === "shared");
  expect(shared.filter((result) => result.begun)).toHaveLength(1);
  expect(new Set(shared.map((result) => result.turnId)).size).toBe(1);
  const own = results.filter((result) => result.begun);
  expect(own.map((result) => result.index).toSorted((x, y) => x - y)).toEqual(
    Array.from({ length: 41 }, (_, n) => n),
  );
});
