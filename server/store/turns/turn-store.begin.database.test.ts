import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { beginning, chat, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

describe.each(databases)("begin on $name", (database) => {
  test("stores the question under the next index of its chat and moves the chat up", async () => {
    await using temporary = await openStoreWithChat(database);
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
        files: [],
        assistantText: "",
        reasoning: "",
        parts: [],
        parentTurnId: undefined,
        failure: undefined,
        status: "running",
        model: undefined,
        inputTokens: 0,
        outputTokens: 0,
        ownerId: "process-a",
        leaseUntilMs: temporary.clock.nowMs() + 100,
        createdAtMs: 1000,
        finishedAtMs: undefined,
      },
    });
    expect(second.turn).toMatchObject({ index: 1, hadImage: true, clientMessageId: undefined });
    expect((await chats.find("user-1", "chat-1"))?.updatedAtMs).toBe(1000);
  });

  test("eight calls at once insert once", async () => {
    await using temporary = await openStoreWithChat(database);
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) => temporary.store.turns.begin(beginning({ turnId: `turn-${n}` }))),
    );
    expect(results.filter((result) => result.begun)).toHaveLength(1);
    expect(new Set(results.map((result) => result.turn.id)).size).toBe(1);
  });

  test("finds a finished turn as it is, whatever the new call says", async () => {
    await using temporary = await openStoreWithChat(database);
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
    await using temporary = await openStoreWithChat(database);
    const { turns } = temporary.store;
    await turns.begin(beginning());
    temporary.clock.advance(99);
    const early = await turns.begin(beginning({ ownerId: "process-b" }));
    expect(early).toMatchObject({ begun: false, turn: { ownerId: "process-a", status: "running" } });
    temporary.clock.advance(1);
    const late = await turns.begin(beginning({ turnId: "turn-2", ownerId: "process-b", nowMs: 1100 }));
    expect(late).toMatchObject({
      begun: true,
      turn: { id: "turn-1", index: 0, ownerId: "process-b", leaseUntilMs: temporary.clock.nowMs() + 100 },
    });
  });

  test.each(["failed", "cancelled"] as const)(
    "starts a %s turn again, without its old answer",
    async (status) => {
      await using temporary = await openStoreWithChat(database);
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
    await using temporary = await openStoreWithChat(database);
    await temporary.store.chats.create({ ...chat, id: "chat-2", userId: "user-2" });
    await temporary.store.turns.begin(beginning());
    const other = await temporary.store.turns.begin(
      beginning({ turnId: "turn-2", chatId: "chat-2", userId: "user-2" }),
    );
    expect(other).toMatchObject({ begun: true, turn: { id: "turn-2", index: 0 } });
  });

  test.each(["chat-1", "no-chat"])("refuses %s of somebody else", async (chatId) => {
    await using temporary = await openStoreWithChat(database);
    await expect(temporary.store.turns.begin(beginning({ userId: "user-2", chatId }))).rejects.toMatchObject({
      code: "CHAT_NOT_FOUND",
    });
  });
});
