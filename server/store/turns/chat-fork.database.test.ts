import { withoutText } from "#contract/attached-file.ts";
import { describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { beginning, chat, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";
import type { Store } from "../store.ts";

const file = { name: "a.txt", mediaType: "text/plain", sizeBytes: 3, text: "abc", cut: false };
const picture = { width: 2, height: 1, jpeg: Buffer.of(1, 2, 3) };

async function add(store: Store, turnId: string, parentTurnId?: string): Promise<void> {
  const carried = turnId === "a" ? { picture, hadImage: true, files: [file] } : {};
  await store.turns.begin(
    beginning({ turnId, clientMessageId: turnId, userText: `${turnId}?`, parentTurnId, ...carried }),
  );
  const parts = [
    { kind: "notice", code: "X", text: "Said." } as const,
    { kind: "text", text: turnId } as const,
  ];
  await store.turns.finish(ending({ turnId, assistantText: turnId, parts }));
}

describe.each(databases)("a copy of a chat on $name", (database) => {
  test("has the turns up to the one that it was made from, and is a chat of its own", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    for (const id of ["a", "b", "c"]) await add(store, id);
    await add(store, "b2", "a");
    const times = { createdAtMs: 1, updatedAtMs: 1 };
    const project = { id: "p", userId: "user-1", name: "Atlas", instructions: "Be brief.", remembers: true };
    await store.auth.projects.create({ ...project, ...times });
    await store.chats.update("user-1", "chat-1", { pinned: true, projectId: "p" });
    await store.modelChoices.choose("user-1", "chat-1", "large");
    // Not on the shown path.
    const copy = await store.chats.fork("user-1", "chat-1", { turnId: "b", id: "chat-2", nowMs: 5000 });
    expect(copy).toMatchObject({
      id: "chat-2",
      title: "First (2)",
      pinned: false,
      projectId: "p",
      createdAtMs: 5000,
    });
    expect(await store.chats.find("user-1", "chat-2")).toEqual(copy);
    const next = await store.chats.fork("user-1", "chat-2", {
      turnId: copy.headTurnId ?? "",
      id: "chat-3",
      nowMs: 5001,
    });
    expect(next.title).toBe("First (3)");
    expect(await store.modelChoices.chosen("user-1", "chat-3")).toBe("large");
    // Neither knows of the other.
    await store.chats.remove("user-1", "chat-1");
    await store.chats.remove("user-1", "chat-2");
    const path = (await store.turns.history("user-1", "chat-3", 9)).toReversed();
    const [first, last] = path.map(({ turn }) => turn);
    expect(path.map(({ turn }) => [turn.index, turn.userText, turn.assistantText, turn.status])).toEqual([
      [0, "a?", "a", "done"],
      [1, "b?", "b", "done"],
    ]);
    expect(first?.parts[0]).toMatchObject({ kind: "notice", text: "Said." });
    expect(first).toMatchObject({ files: [withoutText(file)], inputTokens: 3, createdAtMs: 1000 });
    expect(last).toMatchObject({ parentTurnId: first?.id, id: next.headTurnId });
    expect(await store.turns.picture("user-1", "chat-3", first?.id ?? "")).toEqual(picture);
    expect(await store.turns.files("user-1", "chat-3", [first?.id ?? ""])).toEqual(
      new Map([[first?.id, [file]]]),
    );
    const found = async () =>
      (await store.turns.search("user-1", "b", { limit: 9 })).map(({ chatId }) => chatId);
    await expect.poll(found).toEqual(["chat-3"]);
    expect((await store.memoryFiles.chats(9)).map(({ id }) => id)).toEqual(["chat-3"]);
    // It goes on by itself.
    await store.turns.begin(beginning({ turnId: "d", chatId: "chat-3", clientMessageId: "d" }));
    expect(await store.turns.inOrder("user-1", "chat-3", 9)).toMatchObject([{}, {}, { index: 2 }]);
  });

  test("is temporary when the chat is, and is made of whole answers of one's own chats only", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await add(store, "a");
    await store.chats.create({ ...chat, id: "chat-t", temporary: true });
    await store.turns.begin(beginning({ turnId: "t", chatId: "chat-t", clientMessageId: "t" }));
    const fork = (userId: string, chatId: string, turnId: string) =>
      store.chats.fork(userId, chatId, { turnId, id: "chat-2", nowMs: 5000 });
    // It is still answered.
    await expect(fork("user-1", "chat-t", "t")).rejects.toMatchObject({ field: "turn_id" });
    await expect(fork("user-1", "chat-1", "t")).rejects.toMatchObject({ field: "turn_id" });
    await expect(fork("user-2", "chat-1", "a")).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(await store.chats.find("user-1", "chat-2")).toBeUndefined();
    await store.turns.finish(ending({ turnId: "t" }));
    expect(await fork("user-1", "chat-t", "t")).toMatchObject({ temporary: true });
    expect((await store.chats.list("user-1", 9)).map(({ id }) => id)).toEqual(["chat-1"]);
    await store.turns.remove("user-1", "chat-1", "a");
    await expect(
      store.chats.fork("user-1", "chat-1", { turnId: "a", id: "chat-3", nowMs: 5000 }),
    ).rejects.toMatchObject({ field: "turn_id" });
  });

  test("has a long path whole", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    for (let n = 0; n < 201; n += 1) await add(store, `turn-${n}`);
    await store.chats.fork("user-1", "chat-1", { turnId: "turn-200", id: "chat-2", nowMs: 5000 });
    const path = await store.turns.recent("user-1", "chat-2", 500);
    expect(path.map(({ userText }) => userText)).toEqual(
      Array.from({ length: 201 }, (_, n) => `turn-${200 - n}?`),
    );
  });
});
