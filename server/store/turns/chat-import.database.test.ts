import { describe, expect, test } from "vitest";
import type { ImportedChat, ImportedTurn, TurnBatch } from "#server/domain/imports/imported-chat.ts";
import { databases, sqlite } from "#server/testing/databases.ts";
import { chat as ofAnother } from "#server/testing/turn-store-kit.ts";

const never = new AbortController().signal;
const BATCHES = 4;
const IN_BATCH = 50;

const imported: ImportedChat = {
  origin: "chatgpt",
  id: "their-chat",
  title: "Large",
  createdAtMs: 1_000,
  updatedAtMs: 2_000,
  pinned: false,
  archived: false,
  headTurnId: `turn-${BATCHES * IN_BATCH - 1}`,
};

function turnOf(number: number): ImportedTurn {
  return {
    id: `turn-${number}`,
    parentTurnId: number === 0 ? undefined : `turn-${number - 1}`,
    index: undefined,
    clientMessageId: undefined,
    userText: `Question ${number}`,
    files: [],
    picture: undefined,
    parts: [{ kind: "text", text: `Answer ${number}` }],
    status: "done",
    failure: undefined,
    model: undefined,
    inputTokens: 0,
    outputTokens: 0,
    createdAtMs: 1_000 + number,
    finishedAtMs: 1_000 + number,
  };
}

/** The turns of the chat; `between` is waited for before each batch but the first. */
async function* batches(
  between: (batch: number) => Promise<void> = async () => {},
): AsyncGenerator<TurnBatch> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    if (batch > 0) await between(batch);
    const turns = Array.from({ length: IN_BATCH }, (_, n) => turnOf(batch * IN_BATCH + n));
    yield { turns, isLast: batch === BATCHES - 1 };
  }
}

const broken = new Error("the connection broke");

describe.each(databases)("a large chat that is imported, on $name", ({ open }) => {
  test("is seen by nobody until it is whole, and others write meanwhile", async () => {
    await using temporary = await open();
    const { store } = temporary;
    let seen = 0;
    await store.imports.importChat(
      "ann",
      imported,
      batches(async (batch) => {
        expect(await store.chats.inOrder("ann", 10)).toEqual([]);
        expect((await store.turns.search("ann", "Question", { limit: 5 })).length).toBe(0);
        await store.chats.create({ ...ofAnother, id: `of-another-${batch}` });
        seen += 1;
      }),
      false,
    );
    expect(seen).toBe(BATCHES - 1);
    const [chat] = await store.chats.inOrder("ann", 10);
    expect(chat).toMatchObject({ title: "Large", updatedAtMs: 2_000 });
    const turns = await store.turns.inOrder("ann", chat?.id ?? "", 1_000);
    expect(turns.map(({ index }) => index)).toEqual(Array.from({ length: BATCHES * IN_BATCH }, (_, n) => n));
    expect(turns.at(-1)?.id).toBe(chat?.headTurnId);
  });

  test("is not there when it breaks off, leaves nothing, and comes whole the next time", async () => {
    await using temporary = await open();
    const { store } = temporary;
    const breaking = () =>
      store.imports.importChat(
        "ann",
        imported,
        batches(async (batch) => {
          if (batch === 2) throw broken;
        }),
        false,
      );
    await expect(breaking()).rejects.toThrow(broken);
    expect(await store.chats.inOrder("ann", 10)).toEqual([]);
    const ids = (await temporary.query("select id from chats")).map(({ id }) => String(id));
    for (const id of ids) {
      await expect(store.chats.restore("ann", id)).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    }
    await store.purgeDeleted(never);
    for (const table of ["chats", "turns"]) {
      expect(await temporary.query(`select count(*) as n from ${table}`)).toEqual([{ n: 0 }]);
    }
    // As after a kill: what was left is still there.
    await expect(breaking()).rejects.toThrow(broken);
    const again = await temporary.reopen();
    expect(await again.imports.importChat("ann", imported, batches(), false)).toEqual({
      kind: "made",
      turns: BATCHES * IN_BATCH,
    });
    expect(await again.imports.importChat("ann", imported, batches(), false)).toEqual({
      kind: "unchanged",
      turns: 0,
    });
    const [chat] = await again.chats.inOrder("ann", 10);
    expect((await again.turns.inOrder("ann", chat?.id ?? "", 1_000)).length).toBe(BATCHES * IN_BATCH);
  });
});

describe("a chat that goes on in an export, and is changed here meanwhile (SQLite; PostgreSQL locks it)", () => {
  /** A chat of the first batch. */
  async function openShort() {
    const temporary = await sqlite.open();
    const first = { ...imported, headTurnId: `turn-${IN_BATCH - 1}` };
    const turns = Array.from({ length: IN_BATCH }, (_, n) => turnOf(n));
    const short = (async function* () {
      yield { turns, isLast: true };
    })();
    await temporary.store.imports.importChat("ann", first, short, false);
    const [chat] = await temporary.store.chats.inOrder("ann", 1);
    return { temporary, store: temporary.store, chatId: chat?.id ?? "", headTurnId: chat?.headTurnId ?? "" };
  }

  test("shows its end after an import that broke off before it", async () => {
    const { temporary, store, chatId, headTurnId } = await openShort();
    await using _ = temporary;
    const breaking = batches(async (batch) => {
      if (batch === 3) throw broken;
    });
    await expect(store.imports.importChat("ann", imported, breaking, false)).rejects.toThrow(broken);
    expect((await store.chats.find("ann", chatId))?.headTurnId).toBe(headTurnId);
    expect(await store.imports.importChat("ann", imported, batches(), false)).toMatchObject({
      kind: "extended",
    });
    const turns = await store.turns.inOrder("ann", chatId, 1_000);
    expect(turns).toHaveLength(BATCHES * IN_BATCH);
    expect((await store.chats.find("ann", chatId))?.headTurnId).toBe(turns.at(-1)?.id);
  });

  test("stays deleted, and what follows a message that was deleted follows the one before", async () => {
    const { temporary, store, chatId, headTurnId } = await openShort();
    await using _ = temporary;
    const before = await store.turns.inOrder("ann", chatId, 1_000);
    const deleting = batches(async (batch) => {
      if (batch === 1) await store.turns.remove("ann", chatId, headTurnId);
    });
    await store.imports.importChat("ann", imported, deleting, false);
    const after = await store.turns.inOrder("ann", chatId, 1_000);
    expect(after[IN_BATCH - 1]?.parentTurnId).toBe(before.at(-2)?.id);

    const more = { ...imported, id: "another" };
    await store.imports.importChat("ann", more, batches(), false);
    const another = (await store.chats.inOrder("ann", 5)).find(({ id }) => id !== chatId)?.id ?? "";
    await temporary.query("delete from turns where chat_id = $1", another);
    const removing = batches(async (batch) => {
      if (batch === 2) await store.chats.remove("ann", another);
    });
    expect(await store.imports.importChat("ann", more, removing, false)).toEqual({
      kind: "deleted",
      turns: 0,
    });
    expect((await store.chats.inOrder("ann", 5)).map(({ id }) => id)).toEqual([chatId]);
  });
});
