import { describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { databases } from "#server/testing/databases.ts";
import { beginning, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

const pieces = Array.from({ length: 80 }, (_, n) => `${"Слово и дело. ".repeat(300)}${n} \uD83E`).flatMap(
  // Tokens may end in the middle of a character.
  (text) => [text, "\uDD93 "],
);
const answer = [...pieces, "the zebra"];

async function answerAtLength(store: Store): Promise<void> {
  await store.turns.begin(beginning());
  await store.turns.finish(ending({ assistantText: answer, reasoning: pieces }));
}

function finds(store: Store, word: string): Promise<boolean> {
  return store.turns.search("user-1", word, { limit: 1 }).then((hits) => hits.length === 1);
}

describe.each(databases)("S2: a long answer on $name", (database) => {
  test("is stored as it was said, found by its beginning at once and by its end soon", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await answerAtLength(store);
    expect(await finds(store, "дела")).toBe(true);
    await expect.poll(() => finds(store, "zebra")).toBe(true);
    const [turn] = await store.turns.recent("user-1", "chat-1", 1);
    expect(turn?.assistantText === answer.join("")).toBe(true);
    expect(turn?.reasoning === pieces.join("")).toBe(true);
    expect(temporary.logger.lines).toEqual([]);
  });

  test("is found by its end however many are stored while it is indexed", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    const words = ["zebra", "lion", "heron", "otter"];
    const said = words.map((word, n) => ({ turnId: `turn-${n}`, clientMessageId: `message-${n}`, word }));
    for (const { turnId, clientMessageId } of said)
      await store.turns.begin(beginning({ turnId, clientMessageId }));
    await Promise.all(
      said.map(({ turnId, word }) =>
        store.turns.finish(ending({ turnId, assistantText: [...pieces, word] })),
      ),
    );
    await Promise.all(words.map((word) => expect.poll(() => finds(store, word)).toBe(true)));
    expect(temporary.logger.lines).toEqual([]);
  });

  test("is found by its end after a server has gone before it was indexed whole", async () => {
    await using temporary = await openStoreWithChat(database);
    await answerAtLength(temporary.store);
    const next = await temporary.reopen();
    expect(await finds(next, "дела")).toBe(true);
    expect(await finds(next, "zebra")).toBe(false);
    next.completeIndex();
    await expect.poll(() => finds(next, "zebra")).toBe(true);
  });

  test("of a restored chat or message is indexed like one that is stored: found by its end soon", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await answerAtLength(store);
    await store.turns.begin(beginning({ turnId: "turn-2", clientMessageId: "message-2" }));
    await store.turns.finish(ending({ turnId: "turn-2", assistantText: "the lion" }));
    await expect.poll(() => finds(store, "zebra")).toBe(true);
    await store.chats.remove("user-1", "chat-1");
    await store.chats.restore("user-1", "chat-1");
    expect(await finds(store, "lion")).toBe(true);
    // It takes the work of a thread, which this server does not wait for.
    const next = await temporary.reopen();
    expect(await finds(next, "zebra")).toBe(false);
    await next.turns.remove("user-1", "chat-1", "turn-1");
    await next.turns.restore("user-1", "chat-1", "turn-1");
    await expect.poll(() => finds(next, "zebra")).toBe(true);
    expect(await finds(next, "дела")).toBe(true);
    expect(temporary.logger.lines).toEqual([]);
  });

  test("of a turn that is asked again while it is indexed is not found any more", async () => {
    await using temporary = await openStoreWithChat(database);
    const { turns } = temporary.store;
    await turns.begin(beginning());
    await turns.finish(ending({ assistantText: answer, status: "failed" }));
    await turns.begin(beginning({ turnId: "turn-2" }));
    await turns.finish(ending({ assistantText: [...pieces, "the lion"], nowMs: 2000 }));
    await expect.poll(() => finds(temporary.store, "lion")).toBe(true);
    expect(await finds(temporary.store, "zebra")).toBe(false);
  });
});
