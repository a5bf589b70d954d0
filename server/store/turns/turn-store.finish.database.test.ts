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

  test("[O6] what a server that is gone was answering is ended once: found, told of, and to be asked again; its late answer is refused", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    const { turns, chats } = store;
    const begin = (id: string, ownerId: string) =>
      turns.begin(beginning({ turnId: id, clientMessageId: id, userText: `A walrus ${id}`, ownerId }));
    await begin("dead", "process-a");
    await begin("deleted", "process-a");
    await begin("mine", "process-b");
    await begin("alive", "process-c");
    await turns.remove("user-1", "chat-1", "deleted");
    const before = await chats.find("user-1", "chat-1");
    clock.advance(100);
    await turns.renewLeases("process-c", ["alive"], 5000);
    expect((await turns.lost(["mine"], 10)).map(({ id }) => id).toSorted()).toEqual(["dead", "deleted"]);
    const lost = { status: "failed", assistantText: "", model: undefined, ifLost: true } as const;
    const failure = { code: "ANSWER_LOST", message: "Gone." };
    const end = (turnId: string, ownerId = "process-a") =>
      turns.finish(ending({ ...lost, turnId, ownerId, failure, nowMs: 9_000 }));
    // Two servers at once, of which the second was slow.
    await Promise.all([end("dead"), end("dead"), end("deleted")]);
    await end("alive", "process-c");
    expect(await turns.lost(["mine"], 10)).toEqual([]);
    const path = await turns.recent("user-1", "chat-1", 5);
    expect(path.map(({ id, status }) => [id, status])).toEqual([
      ["alive", "running"],
      ["mine", "running"],
      ["dead", "failed"],
    ]);
    expect(path.at(-1)).toMatchObject({ failure, assistantText: "" });
    expect((await turns.search("user-1", "walrus", { limit: 5 })).map(({ turnId }) => turnId)).toEqual([
      "dead",
    ]);
    const told = await store.sync.after("user-1", 0, 100);
    expect(told.filter(({ kind }) => kind === "turn.finished")).toMatchObject([{ turnId: "dead" }]);
    // Nothing was said: the chat keeps its place, and its age.
    expect(await chats.find("user-1", "chat-1")).toMatchObject({ updatedAtMs: before?.updatedAtMs });
    // A server that stood still meanwhile.
    await turns.renewLeases("process-a", ["dead"], 5000);
    const late = turns.finish(ending({ turnId: "dead", assistantText: "too late" }));
    await expect(late).rejects.toMatchObject({ code: "ANSWER_LOST", retryable: true });
    expect((await turns.recent("user-1", "chat-1", 5)).at(-1)).toMatchObject({ failure, assistantText: "" });
    const again = beginning({ turnId: "x", clientMessageId: "dead", ownerId: "process-c" });
    expect(await turns.begin(again)).toMatchObject({ begun: true, turn: { id: "dead", failure: undefined } });
  });

  describe("renewLeases", () => {
    test("S10: prolongs what this process runs, and nothing else", async () => {
      await using temporary = await openStoreWithChat(database);
      const { turns } = temporary.store;
      await turns.begin(beginning());
      await turns.begin(beginning({ turnId: "turn-2", clientMessageId: "message-2", ownerId: "process-b" }));
      await turns.renewLeases("process-a", ["turn-1", "turn-2"], 5000);
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
