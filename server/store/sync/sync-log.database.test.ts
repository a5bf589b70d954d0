import { describe, expect, test } from "vitest";
import { SYNC_KEPT_CHANGES, SYNC_KEPT_MS } from "#server/domain/sync/ports.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases } from "#server/testing/databases.ts";
import { beginning, chat, ending } from "#server/testing/turn-store-kit.ts";

const never = new AbortController().signal;
const project = { id: "p", userId: "user-1", name: "Birds", instructions: "", remembers: true };
const times = { createdAtMs: 1, updatedAtMs: 1 };

describe.each(databases)("the log of changes on $name", (database) => {
  test("[16] has each change that was kept once, in order, and nothing of temporary chats or what was undone", async () => {
    await using temporary = await database.open();
    const { store } = temporary;
    const told: [string, number][] = [];
    store.onSync((...change) => void told.push(change));
    const { chats, turns, auth, modelChoices } = store;
    await auth.accounts.create(accountOf({ id: "user-1", login: "ann" }));
    await chats.create(chat);
    await turns.begin(beginning());
    await turns.begin(beginning({ turnId: "again" }));
    await turns.finish(ending());
    await turns.finish(ending());
    await chats.claimTitle("user-1", "chat-1");
    await chats.giveTitle("user-1", "chat-1", "turn-1", "never given: it has one");
    await chats.update("user-1", "chat-1", { title: "New", pinned: true });
    await chats.update("user-1", "chat-1", { shownTurnId: "turn-1" });
    await chats.fork("user-1", "chat-1", { turnId: "turn-1", id: "copy", nowMs: 5 });
    await turns.remove("user-1", "chat-1", "turn-1");
    await turns.restore("user-1", "chat-1", "turn-1");
    await chats.remove("user-1", "chat-1");
    await chats.restore("user-1", "chat-1");
    await expect(chats.remove("user-1", "nowhere")).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    await auth.projects.create({ ...project, ...times });
    await auth.projects.remove("user-1", "nowhere");
    await auth.memories.add({
      id: "m",
      userId: "user-1",
      text: "Likes tea",
      sourceTurn: undefined,
      createdAtMs: 1,
    });
    await auth.memories.remove("user-1", "nowhere");
    await modelChoices.choose("user-1", undefined, "large");
    await auth.accounts.update("user-1", { displayName: "Ann" }, 2);
    const undone = auth.transaction(async (tx) => {
      await tx.memories.switch("user-1", false);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await auth.transaction((tx) => tx.memories.switch("user-1", false));
    await chats.create({ ...chat, id: "hidden", temporary: true });
    await turns.begin(beginning({ turnId: "t", clientMessageId: "t", chatId: "hidden" }));
    await chats.update("user-1", "hidden", { title: "Secret" });
    await chats.create({ ...chat, id: "bob", userId: "bob" });

    const changes = await store.sync.after("user-1", 0, 100);
    const written = [
      ["chat.created", "chat-1"],
      ["turn.begun", "chat-1", "turn-1"],
      ["turn.finished", "chat-1", "turn-1"],
      ["chat.renamed", "chat-1"],
      ["chat.changed", "chat-1"],
      ["turn.changed", "chat-1"],
      ["chat.created", "copy"],
      ["turn.changed", "chat-1"],
      ["turn.changed", "chat-1"],
      ["chat.deleted", "chat-1"],
      ["chat.restored", "chat-1"],
      ["project.changed"],
      ["memory.changed"],
      ["settings.changed"],
      ["settings.changed"],
      ["memory.changed"],
    ];
    expect(changes.map(({ kind, chatId, turnId }) => [kind, chatId, turnId])).toEqual(
      written.map(([kind, chatId, turnId]) => [kind, chatId, turnId]),
    );
    expect(changes.map(({ seq }) => seq)).toEqual(written.map((_, at) => at + 1));
    // Once a transaction, after it.
    expect(told.filter(([user]) => user === "user-1").map(([, seq]) => seq)).toEqual(
      written.map((_, at) => at + 1).filter((seq) => seq !== 4),
    );
    expect(await store.sync.lastSeqs(["user-1", "bob", "eve"])).toEqual(
      new Map([
        ["user-1", written.length],
        ["bob", 1],
      ]),
    );
    expect(await store.sync.after("user-1", 14, 1)).toEqual([changes[14]]);
  });

  test("changes of two servers at once have numbers in the order of their commits", async () => {
    await using temporary = await database.open();
    const { store } = temporary;
    const other = database.name === "SQLite" ? store : await temporary.openSecond();
    await store.chats.create(chat);
    const titles = Array.from({ length: 30 }, (_, at) => `Title ${at}`);
    const changed = titles.map((title, at) =>
      (at % 2 === 0 ? store : other).chats.update("user-1", "chat-1", { title }),
    );
    // Whoever sees a number has seen all before it, at any time.
    const seen: number[] = [];
    while (seen.length <= titles.length) {
      const next = await other.sync.after("user-1", seen.length, 100);
      seen.push(...next.map(({ seq }) => seq));
    }
    await Promise.all(changed);
    expect(seen).toEqual(Array.from({ length: 31 }, (_, at) => at + 1));
  });

  test("a place is good while all after it is kept: for seven days and ten thousand changes, of this history only", async () => {
    await using temporary = await database.open();
    const { store, clock } = temporary;
    const { sync } = store;
    const start = await sync.end("user-1");
    expect(start).toEqual({ seq: 0, atMs: 0 });
    expect(await sync.reachesBackTo("user-1", start)).toBe(true);
    await store.chats.create(chat);
    expect(await sync.reachesBackTo("user-1", start)).toBe(true);
    const first = await sync.end("user-1");
    expect(first).toEqual({ seq: 1, atMs: clock.nowMs() });
    expect(await sync.reachesBackTo("user-1", first)).toBe(true);
    // One of another history: what the disk had not when the power went; and one that is yet to come.
    expect(await sync.reachesBackTo("user-1", { ...first, atMs: first.atMs + 1 })).toBe(false);
    expect(await sync.reachesBackTo("user-1", { seq: 2, atMs: first.atMs })).toBe(false);
    await store.purgeDeleted(never);
    clock.advance(SYNC_KEPT_MS - 1);
    await store.chats.update("user-1", "chat-1", { title: "Later" });
    await store.purgeDeleted(never);
    expect(await sync.reachesBackTo("user-1", first)).toBe(true);
    clock.advance(1);
    await store.purgeDeleted(never);
    expect(await sync.reachesBackTo("user-1", first)).toBe(false);
    expect(await sync.reachesBackTo("user-1", start)).toBe(false);
    const last = await sync.end("user-1");
    expect(last.seq).toBe(2);
    expect(await sync.reachesBackTo("user-1", last)).toBe(true);

    const seq = SYNC_KEPT_CHANGES + 2_000;
    await temporary.query(`update sync_heads set last_seq = ${String(seq - (seq % 256) - 1)}`);
    await store.chats.update("user-1", "chat-1", { title: "Last" });
    expect(await sync.reachesBackTo("user-1", last)).toBe(false);
  });
});
