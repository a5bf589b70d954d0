import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { MemoryFiles } from "#server/domain/memory-files/memory-files.ts";
import { MemoryFolder } from "#server/domain/memory-files/memory-folder.ts";
import { MEMORIES_MAX, type NewMemory } from "#server/domain/memories/ports.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases, type DatabaseStore, type TestDatabase } from "#server/testing/databases.ts";
import { keptIn } from "#server/testing/kept-in.ts";
import { beginning, chat } from "#server/testing/turn-store-kit.ts";

const running = new AbortController().signal;

const said = (id: string, text: string, over: Partial<NewMemory> = {}): NewMemory => ({
  id,
  userId: "user-1",
  text,
  sourceTurn: undefined,
  createdAtMs: 1,
  ...over,
});

async function openWithAccounts(database: TestDatabase): Promise<DatabaseStore> {
  const temporary = await database.open();
  for (const id of ["user-1", "user-2"]) await temporary.store.auth.accounts.create(accountOf({ id }));
  return temporary;
}

const textsOf = async ({ store }: DatabaseStore, userId = "user-1") =>
  (await store.auth.memories.list(userId)).map(({ text }) => text);

describe.each(databases)("memories on $name", (database) => {
  test("[22] forgetting one leaves no trace: not in the list, the file of the person, or the database", async () => {
    await using temporary = await openWithAccounts(database);
    const { store, clock, logger } = temporary;
    const { memories } = store.auth;
    const folder = await mkdtemp(join(tmpdir(), "pipit-memories-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await using files = new MemoryFiles(store.memoryFiles, new MemoryFolder(folder), logger);
    const preferences = async () => {
      await files.write(running);
      const file = await readFile(join(folder, "users/user-1/user.md"), "utf8");
      return file.slice(file.indexOf("## Preferences"));
    };

    await memories.add(said("m1", "I love walruses\n# loudly"));
    await memories.add(said("m2", "I live in Lisbon", { createdAtMs: 2 }));
    expect(await preferences()).toBe("## Preferences\n- I live in Lisbon\n- I love walruses\\n# loudly\n");
    expect(await memories.remove("user-2", "m1")).toBe(false);
    expect(await memories.remove("user-1", "m1")).toBe(true);
    expect(await memories.remove("user-1", "m1")).toBe(false);
    expect(await textsOf(temporary)).toEqual(["I live in Lisbon"]);
    expect(await preferences()).not.toContain("walrus");

    // Undone, and forgotten for good.
    clock.advance(9_999);
    expect(await store.purgeDeleted(running)).toBe(0);
    expect(await memories.restore("user-2", "m1")).toBeUndefined();
    expect(await memories.restore("user-1", "m1")).toMatchObject({ id: "m1" });
    expect(await preferences()).toContain("walrus");
    await memories.remove("user-1", "m1");
    clock.advance(10_000);
    expect(await memories.restore("user-1", "m1")).toBeUndefined();
    expect(await store.purgeDeleted(running)).toBe(1);
    expect(await preferences()).toBe("## Preferences\n- I live in Lisbon\n");
    expect(await keptIn(temporary, ["walrus", "Lisbon"])).toEqual(["Lisbon"]);

    // So does the end of the account.
    await memories.removeAll("user-1");
    expect(await memories.restore("user-1", "m2")).toBeUndefined();
    expect(await store.purgeDeleted(running)).toBe(1);
    expect(await keptIn(temporary, ["walrus", "Lisbon"])).toEqual([]);
  });

  test("two that say the same are one, and each belongs to one account", async () => {
    await using temporary = await openWithAccounts(database);
    const { memories } = temporary.store.auth;
    const both = [said("m1", "I like tea."), said("m2", "i like  TEA".replace("  ", " "))];
    const kept = await Promise.all(both.map((memory) => memories.add(memory)));
    expect(new Set(kept.map((memory) => memory?.id)).size).toBe(1);
    await memories.add(said("m3", "I like tea", { userId: "user-2" }));
    expect(await textsOf(temporary, "user-2")).toEqual(["I like tea"]);
    const [first] = await memories.list("user-1");
    const id = first?.id ?? "";

    await memories.add(said("m4", "I like rain", { createdAtMs: 2 }));
    await expect(memories.update("user-1", "m4", "I LIKE TEA!", 3)).rejects.toMatchObject({ field: "text" });
    expect(await memories.update("user-2", id, "stolen", 3)).toBeUndefined();
    expect(await memories.update("user-1", id, "I like green tea", 3)).toMatchObject({ updatedAtMs: 3 });
    expect(await textsOf(temporary)).toEqual(["I like rain", "I like green tea"]);

    // Forgotten, said again, and then restored: still one.
    await memories.remove("user-1", id);
    await memories.add(said("m5", "I like green tea", { createdAtMs: 4 }));
    expect(await memories.restore("user-1", id)).toMatchObject({ id: "m5" });
    expect(await textsOf(temporary)).toEqual(["I like green tea", "I like rain"]);

    // Side by side, though not more than a pool of connections takes in its time on a machine that is busy.
    const facts = Array.from({ length: MEMORIES_MAX }, (_, n) => said(`n${n}`, `Fact ${n}`));
    for (let from = 0; from < MEMORIES_MAX; from += 20)
      await Promise.all(facts.slice(from, from + 20).map((fact) => memories.add(fact)));
    expect(await textsOf(temporary)).toHaveLength(MEMORIES_MAX);
    expect(await memories.add(said("m6", "one too many"))).toBeUndefined();
    expect(await memories.add(said("m7", "who?", { userId: "nobody" }))).toBeUndefined();

    // Nor is there room for one that comes back after another took its place.
    await memories.remove("user-1", "n0");
    expect(await memories.add(said("m8", "in its place"))).toMatchObject({ id: "m8" });
    await expect(memories.restore("user-1", "n0")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(await textsOf(temporary)).toHaveLength(MEMORIES_MAX);
  });

  test("[22] what one said before it was changed goes with the next sweep, of which nobody else has work", async () => {
    await using temporary = await openWithAccounts(database);
    const { store } = temporary;
    await store.auth.memories.add(said("m1", "I love walruses"));
    await store.purgeDeleted(running);
    await store.auth.memories.update("user-1", "m1", "I love otters", 2);
    await store.purgeDeleted(running);
    expect(await keptIn(temporary, ["walrus", "otter"])).toEqual(["otter"]);
  });

  test("[22] what is asked again is remembered once, and not after it was forgotten; nor for a closed account", async () => {
    await using temporary = await openWithAccounts(database);
    const { store } = temporary;
    const { memories } = store.auth;
    await store.chats.create(chat);
    const ask = (turnId: string, userText: string, parentTurnId: string) =>
      store.turns.begin(beginning({ turnId, clientMessageId: turnId, userText, parentTurnId }));
    const learn = (id: string, sourceTurn: string) =>
      memories.add(said(id, "I live in Lisbon", { sourceTurn }));
    await ask("first", "I live in Lisbon", "");
    await ask("again", "I live in Lisbon", "");
    await ask("changed", "I do live in Lisbon", "");
    await ask("later", "I live in Lisbon", "first");
    expect(await learn("m1", "first")).toMatchObject({ id: "m1" });
    await memories.remove("user-1", "m1");
    expect(await learn("m2", "again")).toBeUndefined();
    for (const [id, turnId] of [
      ["m3", "changed"],
      ["m4", "later"],
    ] as const) {
      expect(await learn(id, turnId)).toMatchObject({ id });
      await memories.remove("user-1", id);
    }

    await store.auth.accounts.update("user-1", { active: false }, 2);
    await memories.removeAll("user-1");
    expect(await learn("m5", "later")).toBeUndefined();
    expect(await store.purgeDeleted(running)).toBe(3);
  });

  test("[22] what was said is kept only where its turn is, never of a temporary chat, nor while it is switched off for the account or the project", async () => {
    await using temporary = await openWithAccounts(database);
    const { store } = temporary;
    const { memories } = store.auth;
    await store.chats.create(chat);
    await store.chats.create({ ...chat, id: "chat-2", temporary: true });
    await store.turns.begin(beginning({ turnId: "turn-1", clientMessageId: "1" }));
    await store.turns.begin(beginning({ turnId: "turn-2", clientMessageId: "2" }));
    await store.turns.begin(beginning({ turnId: "turn-3", clientMessageId: "3", chatId: "chat-2" }));
    await store.turns.remove("user-1", "chat-1", "turn-2");
    const learn = (sourceTurn: string, userId = "user-1") =>
      memories.add(said(`of-${sourceTurn}`, `I said it in ${sourceTurn}`, { sourceTurn, userId }));
    expect(await learn("turn-2")).toBeUndefined();
    expect(await learn("turn-3")).toBeUndefined();
    expect(await learn("turn-1", "user-2")).toBeUndefined();
    await memories.switch("user-1", false);
    expect(await memories.isOn("user-1")).toBe(false);
    expect(await learn("turn-1")).toBeUndefined();
    await memories.switch("user-1", true);
    // Switched off while the model was still asked.
    const project = { id: "p", userId: "user-1", name: "P", instructions: "", remembers: true };
    await store.auth.projects.create({ ...project, createdAtMs: 1, updatedAtMs: 1 });
    await store.chats.update("user-1", "chat-1", { projectId: "p" });
    await store.auth.projects.update("user-1", "p", { remembers: false }, 2);
    expect(await learn("turn-1")).toBeUndefined();
    await store.auth.projects.update("user-1", "p", { remembers: true }, 3);
    expect(await learn("turn-1")).toMatchObject({ sourceTurn: "turn-1" });
    await store.chats.remove("user-1", "chat-1");
    expect(await memories.add(said("late", "I am late", { sourceTurn: "turn-1" }))).toBeUndefined();
    expect(await textsOf(temporary)).toEqual(["I said it in turn-1"]);
  });
});
