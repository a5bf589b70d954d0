import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { Kysely } from "kysely";
import { describe, expect, test } from "vitest";
import type { BeginTurn, FinishTurn } from "#server/domain/chats/ports.ts";
import { createChatStore } from "./chat-store.ts";
import { createMigrations, migrate } from "./migrations.ts";
import { openDatabaseFile } from "./open-sqlite.ts";
import type { Tables } from "./schema.ts";
import { ServerSqliteDialect } from "./sqlite-dialect.ts";
import { createSqliteTurnIndex } from "./sqlite-turn-index.ts";
import type { Store } from "./store.ts";
import type { WorkerResult } from "./testing/begin-worker.ts";
import { createManualClock, createRecordingLogger, openTemporaryStore } from "./testing/temporary-store.ts";
import { createTurnStore } from "./turn-store.ts";

const chat = { id: "chat-1", userId: "user-1", title: "First", createdAtMs: 1, updatedAtMs: 1 };

function beginning(over: Partial<BeginTurn> = {}): BeginTurn {
  return {
    turnId: "turn-1",
    chatId: "chat-1",
    userId: "user-1",
    clientMessageId: "message-1",
    userText: "What is the time?",
    hadImage: false,
    ownerId: "process-a",
    nowMs: 1000,
    leaseMs: 100,
    ...over,
  };
}

function ending(over: Partial<FinishTurn> = {}): FinishTurn {
  return {
    turnId: "turn-1",
    ownerId: "process-a",
    status: "done",
    assistantText: "Noon.",
    model: "small",
    inputTokens: 3,
    outputTokens: 4,
    nowMs: 1050,
    ...over,
  };
}

async function withChat() {
  const temporary = await openTemporaryStore();
  await temporary.store.chats.create(chat);
  return temporary;
}

async function addTurns(store: Store, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await store.turns.begin(beginning({ turnId: `turn-${n}`, clientMessageId: `message-${n}`, nowMs: n }));
    await store.turns.finish(ending({ turnId: `turn-${n}`, assistantText: `answer ${n}`, nowMs: n }));
  }
}

describe("begin", () => {
  test("stores the question under the next index of its chat and moves the chat up", async () => {
    await using temporary = await withChat();
    const { turns, chats } = temporary.store;
    const first = await turns.begin(beginning());
    const second = await turns.begin(
      beginning({ turnId: "turn-2", clientMessageId: undefined, hadImage: true }),
    );
    expect(first).toEqual({
      begun: true,
      turn: {
        id: "turn-1",
        chatId: "chat-1",
        userId: "user-1",
        clientMessageId: "message-1",
        index: 0,
        userText: "What is the time?",
        hadImage: false,
        assistantText: "",
        status: "running",
        model: undefined,
        inputTokens: 0,
        outputTokens: 0,
        ownerId: "process-a",
        leaseUntilMs: 1100,
        createdAtMs: 1000,
        finishedAtMs: undefined,
      },
    });
    expect(second.turn).toMatchObject({ index: 1, hadImage: true, clientMessageId: undefined });
    expect((await chats.find("user-1", "chat-1"))?.updatedAtMs).toBe(1000);
  });

  test("eight calls at once insert once", async () => {
    await using temporary = await withChat();
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) => temporary.store.turns.begin(beginning({ turnId: `turn-${n}` }))),
    );
    expect(results.filter((result) => result.begun)).toHaveLength(1);
    expect(new Set(results.map((result) => result.turn.id)).size).toBe(1);
  });

  test("two threads with their own connections insert once and give every turn its own index", async () => {
    await using temporary = await withChat();
    const workers = ["a", "b"].map(
      (name) =>
        new Worker(new URL("testing/begin-worker.ts", import.meta.url), {
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

  test("finds a finished turn as it is, whatever the new call says", async () => {
    await using temporary = await withChat();
    const { turns } = temporary.store;
    await turns.begin(beginning());
    await turns.finish(ending());
    const again = await turns.begin(beginning({ turnId: "turn-9", chatId: "no-chat", nowMs: 99_999 }));
    expect(again.begun).toBe(false);
    expect(again.turn).toMatchObject({
      id: "turn-1",
      status: "done",
      assistantText: "Noon.",
      model: "small",
    });
  });

  test("leaves a turn alone while its lease runs, and takes it over when it has run out", async () => {
    await using temporary = await withChat();
    const { turns } = temporary.store;
    await turns.begin(beginning());
    const early = await turns.begin(beginning({ ownerId: "process-b", nowMs: 1099 }));
    expect(early).toMatchObject({ begun: false, turn: { ownerId: "process-a", status: "running" } });
    const late = await turns.begin(beginning({ turnId: "turn-2", ownerId: "process-b", nowMs: 1100 }));
    expect(late).toMatchObject({
      begun: true,
      turn: { id: "turn-1", index: 0, ownerId: "process-b", leaseUntilMs: 1200 },
    });
  });

  test.each(["failed", "cancelled"] as const)(
    "starts a %s turn again, without its old answer",
    async (status) => {
      await using temporary = await withChat();
      const { turns } = temporary.store;
      await turns.begin(beginning());
      await turns.finish(ending({ status, assistantText: "Half an elephant" }));
      expect(await turns.search("user-1", "elephant", { limit: 5 })).toHaveLength(1);
      const again = await turns.begin(beginning({ turnId: "turn-2", ownerId: "process-b", nowMs: 2000 }));
      expect(again).toMatchObject({
        begun: true,
        turn: {
          id: "turn-1",
          status: "running",
          ownerId: "process-b",
          assistantText: "",
          model: undefined,
          inputTokens: 0,
          outputTokens: 0,
          finishedAtMs: undefined,
        },
      });
      expect(await turns.search("user-1", "elephant", { limit: 5 })).toEqual([]);
    },
  );

  test("the same message id of another user is another message", async () => {
    await using temporary = await withChat();
    await temporary.store.chats.create({ ...chat, id: "chat-2", userId: "user-2" });
    await temporary.store.turns.begin(beginning());
    const other = await temporary.store.turns.begin(
      beginning({ turnId: "turn-2", chatId: "chat-2", userId: "user-2" }),
    );
    expect(other).toMatchObject({ begun: true, turn: { id: "turn-2", index: 0 } });
  });

  test.each(["chat-1", "no-chat"])("refuses %s of somebody else", async (chatId) => {
    await using temporary = await withChat();
    await expect(temporary.store.turns.begin(beginning({ userId: "user-2", chatId }))).rejects.toMatchObject({
      code: "CHAT_NOT_FOUND",
    });
  });
});

describe("finish", () => {
  test("the first end stands", async () => {
    await using temporary = await withChat();
    const { turns } = temporary.store;
    await turns.begin(beginning());
    await turns.finish(ending({ assistantText: "first" }));
    await turns.finish(ending({ status: "failed", assistantText: "second" }));
    expect(await turns.recent("user-1", "chat-1", 5)).toMatchObject([
      { status: "done", assistantText: "first" },
    ]);
  });

  test("names a turn that is gone", async () => {
    await using temporary = await withChat();
    await expect(temporary.store.turns.finish(ending({ turnId: "gone" }))).rejects.toMatchObject({
      code: "CHAT_NOT_FOUND",
    });
  });
});

test("a process that lost its turn to another cannot end it any more", async () => {
  await using temporary = await withChat();
  const { turns } = temporary.store;
  await turns.begin(beginning());
  await turns.begin(beginning({ turnId: "turn-2", ownerId: "process-b", nowMs: 1100 }));
  await turns.finish(ending({ assistantText: "too late" }));
  await turns.finish(ending({ ownerId: "process-b", assistantText: "in time" }));
  expect((await turns.recent("user-1", "chat-1", 5))[0]).toMatchObject({ assistantText: "in time" });
});

test("endLeases lets every running turn be asked again at once", async () => {
  await using temporary = await withChat();
  const { turns } = temporary.store;
  await turns.begin(beginning());
  await turns.endLeases();
  expect(await turns.begin(beginning({ turnId: "turn-2", ownerId: "process-b", nowMs: 1001 }))).toMatchObject(
    {
      begun: true,
      turn: { id: "turn-1", ownerId: "process-b" },
    },
  );
});

describe("renewLeases", () => {
  test("prolongs what this process runs, and nothing else", async () => {
    await using temporary = await withChat();
    const { turns } = temporary.store;
    await turns.begin(beginning());
    await turns.begin(beginning({ turnId: "turn-2", clientMessageId: "message-2", ownerId: "process-b" }));
    await turns.renewLeases("process-a", 5000);
    const mine = await turns.begin(beginning({ ownerId: "process-c", nowMs: 4999 }));
    const theirs = await turns.begin(
      beginning({ clientMessageId: "message-2", ownerId: "process-c", nowMs: 4999 }),
    );
    expect(mine).toMatchObject({ begun: false, turn: { leaseUntilMs: 5000 } });
    expect(theirs).toMatchObject({ begun: true, turn: { id: "turn-2", ownerId: "process-c" } });
  });
});

describe("recent", () => {
  test("gives the newest finished turns first and pages back", async () => {
    await using temporary = await withChat();
    const { turns } = temporary.store;
    await addTurns(temporary.store, 5);
    await turns.begin(beginning({ turnId: "running", clientMessageId: "running" }));
    const indexes = async (limit: number, before?: number) =>
      (await turns.recent("user-1", "chat-1", limit, before)).map((turn) => turn.index);
    expect(await indexes(2)).toEqual([4, 3]);
    expect(await indexes(2, 3)).toEqual([2, 1]);
    expect(await indexes(10, 0)).toEqual([]);
    expect(await turns.recent("user-2", "chat-1", 10)).toEqual([]);
  });
});

describe("on the database itself", () => {
  async function openParts() {
    const dir = await mkdtemp(join(tmpdir(), "pipit-store-"));
    const file = join(dir, "pipit.db");
    const { database } = await openDatabaseFile({
      file,
      clock: createManualClock(),
      logger: createRecordingLogger(),
    });
    const statements: { sql: string; parameters: readonly unknown[] }[] = [];
    const db = new Kysely<Tables>({
      dialect: new ServerSqliteDialect(database),
      log: ({ query }) => void statements.push({ sql: query.sql, parameters: query.parameters }),
    });
    const index = createSqliteTurnIndex();
    await migrate(db, createMigrations(index), file);
    await createChatStore(db).create(chat);
    return {
      database,
      statements,
      turns: createTurnStore(db, index),
      async [Symbol.asyncDispose]() {
        await db.destroy();
        await rm(dir, { recursive: true, force: true });
      },
    };
  }

  test("recent and renewLeases walk an index, so their cost does not grow with the chat", async () => {
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
    await parts.turns.recent("user-1", "chat-1", 10, 500);
    expect(planOf()).toContain("turns_by_chat (chat_id=? AND turn_index<?)");
    expect(planOf()).not.toContain("TEMP B-TREE");
    await parts.turns.renewLeases("process-a", 1);
    expect(planOf()).toContain("turns_running (owner_id=?)");
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
    expect(await turns.recent("user-1", "chat-1", 5)).toEqual([]);

    database.pragma("max_page_count = 1000000");
    await turns.finish(ending({ assistantText: answer }));
    expect(await turns.search("user-1", "word19999", { limit: 5 })).toHaveLength(1);
    expect(database.prepare("select count(*) as n from turn_search_rows").get()).toEqual({ n: 1 });
  });

  test("deleting a chat takes its turns and their index rows along", async () => {
    await using parts = await openParts();
    await parts.turns.begin(beginning());
    await parts.turns.finish(ending({ assistantText: "hippopotamus" }));
    const match = parts.database.prepare(
      "select count(*) as n from turn_search where turn_search match 'hippopotamus'",
    );
    expect(match.get()).toEqual({ n: 1 });
    parts.database.prepare("delete from chats").run();
    expect(match.get()).toEqual({ n: 0 });
  });
});
