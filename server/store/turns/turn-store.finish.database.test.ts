import { describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { databases } from "#server/testing/databases.ts";
import { beginning, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

async function addTurns(store: Store, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await store.turns.begin(beginning({ turnId: `turn-${n}`, clientMessageId: `message-${n}`, nowMs: n }));
    await store.turns.finish(ending({ turnId: `turn-${n}`, assistantText: `answer ${n}`, nowMs: n }));
  }
}

describe.each(databases)("on $name", (database) => {
  describe("finish", () => {
    test("the first end stands", async () => {
      await using temporary = await openStoreWithChat(database);
      const { turns } = temporary.store;
      await turns.begin(beginning());
      await turns.finish(ending({ assistantText: "first" }));
      await turns.finish(ending({ status: "failed", assistantText: "second" }));
      expect(await turns.recent("user-1", "chat-1", 5)).toMatchObject([
        { status: "done", assistantText: "first" },
      ]);
    });

    test("F3, F13: keeps the largest count of tokens, and reasoning beside the answer, which search does not find", async () => {
      await using temporary = await openStoreWithChat(database);
      const { turns } = temporary.store;
      await turns.begin(beginning());
      const most = 2 ** 31 - 1;
      await turns.finish(
        ending({ inputTokens: most, outputTokens: most, reasoning: "An elephant, perhaps." }),
      );
      expect(await turns.recent("user-1", "chat-1", 5)).toMatchObject([
        { status: "done", inputTokens: most, outputTokens: most, reasoning: "An elephant, perhaps." },
      ]);
      expect(await turns.search("user-1", "elephant", { limit: 5 })).toEqual([]);
    });

    test("names a turn that is gone", async () => {
      await using temporary = await openStoreWithChat(database);
      await expect(temporary.store.turns.finish(ending({ turnId: "gone" }))).rejects.toMatchObject({
        code: "CHAT_NOT_FOUND",
      });
    });
  });

  test("S10: a process that lost its turn to another cannot end it any more", async () => {
    await using temporary = await openStoreWithChat(database);
    const { turns } = temporary.store;
    await turns.begin(beginning());
    temporary.clock.advance(100);
    await turns.begin(beginning({ turnId: "turn-2", ownerId: "process-b" }));
    await turns.finish(ending({ assistantText: "too late" }));
    await turns.finish(ending({ ownerId: "process-b", assistantText: "in time" }));
    expect((await turns.recent("user-1", "chat-1", 5))[0]).toMatchObject({ assistantText: "in time" });
  });

  test("S10: endLeases lets every running turn be asked again at once", async () => {
    await using temporary = await openStoreWithChat(database);
    const { turns } = temporary.store;
    await turns.begin(beginning());
    await turns.endLeases();
    expect(
      await turns.begin(beginning({ turnId: "turn-2", ownerId: "process-b", nowMs: 1001 })),
    ).toMatchObject({
      begun: true,
      turn: { id: "turn-1", ownerId: "process-b" },
    });
  });

  describe("renewLeases", () => {
    test("S10: prolongs what this process runs, and nothing else", async () => {
      await using temporary = await openStoreWithChat(database);
      const { turns } = temporary.store;
      await turns.begin(beginning());
      await turns.begin(beginning({ turnId: "turn-2", clientMessageId: "message-2", ownerId: "process-b" }));
      await turns.renewLeases("process-a", 5000);
      const leaseUntilMs = temporary.clock.nowMs() + 5000;
      temporary.clock.advance(4999);
      const mine = await turns.begin(beginning({ ownerId: "process-c", nowMs: 4999 }));
      const theirs = await turns.begin(
        beginning({ clientMessageId: "message-2", ownerId: "process-c", nowMs: 4999 }),
      );
      expect(mine).toMatchObject({ begun: false, turn: { leaseUntilMs } });
      expect(theirs).toMatchObject({ begun: true, turn: { id: "turn-2", ownerId: "process-c" } });
    });
  });

  describe("recent", () => {
    test("gives the newest turns of the shown path first and pages back", async () => {
      await using temporary = await openStoreWithChat(database);
      const { turns } = temporary.store;
      await addTurns(temporary.store, 5);
      const indexes = async (limit: number, before?: string) =>
        (await turns.recent("user-1", "chat-1", limit, before)).map((turn) => turn.index);
      expect(await indexes(2)).toEqual([4, 3]);
      expect(await indexes(2, "turn-3")).toEqual([2, 1]);
      expect(await indexes(10, "turn-0")).toEqual([]);
      expect(await turns.recent("user-2", "chat-1", 10)).toEqual([]);
    });
  });
});
