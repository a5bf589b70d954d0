import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { keptIn } from "#server/testing/kept-in.ts";
import { beginning, chat, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const running = new AbortController().signal;

describe.each(databases)("temporary chats on $name", (database) => {
  test("go on by their id, are in no list, search or file, and are wiped a day after their last change", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    const startMs = clock.nowMs();
    await store.chats.create({
      ...chat,
      id: "chat-2",
      title: "walrus-title",
      temporary: true,
      updatedAtMs: startMs,
    });
    for (const [turnId, chatId] of [
      ["turn-1", "chat-1"],
      ["turn-2", "chat-2"],
    ] as const) {
      const userText = `walrus-question ${chatId}`;
      await store.turns.begin(
        beginning({ turnId, chatId, userText, clientMessageId: turnId, nowMs: startMs }),
      );
      await store.turns.finish(ending({ turnId, assistantText: "walrus-answer", nowMs: startMs }));
    }
    expect(await store.chats.find("user-1", "chat-2")).toMatchObject({ temporary: true });
    expect(await store.turns.recent("user-1", "chat-2", 9)).toHaveLength(1);
    const idsOf = (chats: readonly { readonly id: string }[]) => chats.map(({ id }) => id);
    expect(idsOf(await store.chats.list("user-1", 9))).toEqual(["chat-1"]);
    expect(idsOf(await store.chats.inOrder("user-1", 9))).toEqual(["chat-1"]);
    for (const query of ["walrus", "walrus-answer", "walrus-title", "-"]) {
      const hits = await store.turns.search("user-1", query, { limit: 9 });
      expect(hits.filter(({ chatId }) => chatId !== "chat-1")).toEqual([]);
    }
    expect(idsOf(await store.memoryFiles.chats(9))).toEqual(["chat-1"]);
    for (const chatId of ["chat-1", "chat-2"]) await store.modelChoices.choose("user-1", chatId, "large");
    expect(await store.modelChoices.all("user-1")).toEqual([{ chatId: "chat-1", model: "large" }]);
    expect(await store.memoryFiles.count()).toBe(1);

    clock.advance(DAY_MS - 1);
    await store.purgeDeleted(running);
    expect(await store.chats.find("user-1", "chat-2")).toBeDefined();
    clock.advance(1);
    await store.purgeDeleted(running);
    expect(await store.chats.find("user-1", "chat-2")).toBeUndefined();
    await expect(store.chats.restore("user-1", "chat-2")).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(await keptIn(temporary, ["walrus-title", "question chat-2", "question chat-1"])).toEqual([
      "question chat-1",
    ]);
  });
});
