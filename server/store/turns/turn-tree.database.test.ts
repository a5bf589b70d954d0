import { withoutText } from "#contract/attached-file.ts";
import { describe, expect, test } from "vitest";
import {
  createSearchChatTool,
  type SearchChatOutput,
} from "#server/domain/assistant/tools/search-chat-history.ts";
import type { Store } from "../store.ts";
import { databases } from "#server/testing/databases.ts";
import { beginning, chat, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

/** Asks and answers one turn of the chat; "a" is asked as message "a". */
async function add(store: Store, turnId: string, parentTurnId?: string): Promise<void> {
  await store.turns.begin(
    beginning({ turnId, clientMessageId: turnId, userText: `${turnId}?`, parentTurnId }),
  );
  await store.turns.finish(ending({ turnId, assistantText: `answer ${turnId}` }));
}

/** The shown path, oldest first: each turn's id, with its siblings where it has some. */
async function shown(store: Store): Promise<readonly string[]> {
  const path = await store.turns.history("user-1", "chat-1", 100);
  return path
    .toReversed()
    .map(({ turn, siblings }) => (siblings.length === 1 ? turn.id : `${turn.id} of ${siblings.join(" ")}`));
}

describe.each(databases)("a chat is a tree, on $name", (database) => {
  test("a question follows what it says, the last shown turn, or nothing, and is shown from then on", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await add(store, "a");
    await add(store, "b");
    await add(store, "b2", "a");
    await add(store, "c");
    expect(await shown(store)).toEqual(["a", "b2 of b b2", "c"]);
    await add(store, "a2", "");
    expect(await shown(store)).toEqual(["a2 of a a2"]);
    expect(await store.chats.find("user-1", "chat-1")).toMatchObject({ headTurnId: "a2" });
    const before = (id: string) => store.turns.recent("user-1", "chat-1", 9, id);
    expect((await before("c")).map(({ id }) => id)).toEqual(["b2", "a"]);
    expect((await before("b")).map(({ id }) => id)).toEqual(["a"]);
    expect(await before("a2")).toEqual([]);
  });

  test("[11] the path around a turn holds it with those beside it, and no turn of a hidden branch has one", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    for (const id of ["a", "b", "c", "d", "e"]) await add(store, id);
    await add(store, "d2", "c");
    const around = async (id: string, limit: number, newer: number) => {
      const found = await store.turns.historyAround("user-1", "chat-1", id, { limit, newer });
      return found && [...found.path.map(({ turn }) => turn.id), found.isCut];
    };
    expect(await around("b", 2, 1)).toEqual(["c", "b", true]);
    expect(await around("b", 9, 2)).toEqual(["d2", "c", "b", "a", false]);
    expect(await around("d2", 1, 0)).toEqual(["d2", false]);
    for (const hidden of ["d", "e", "unknown"]) expect(await around(hidden, 9, 2)).toBeUndefined();
    expect(await store.turns.historyAround("user-2", "chat-1", "b", { limit: 9, newer: 2 })).toBeUndefined();
  });

  test("a message that comes again is the same turn, and moves nothing", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await add(store, "a");
    await store.turns.begin(beginning({ turnId: "b", clientMessageId: "b" }));
    await store.turns.finish(ending({ turnId: "b", status: "failed" }));
    await add(store, "b2", "a");
    const again = beginning({ turnId: "other", clientMessageId: "b", parentTurnId: "" });
    expect(await store.turns.begin(again)).toMatchObject({
      begun: true,
      turn: { id: "b", parentTurnId: "a" },
    });
    expect(await shown(store)).toEqual(["a", "b2 of b b2"]);
  });

  test.each(["unknown", "of-chat-2"])("a parent that is %s is refused", async (parentTurnId) => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await store.chats.create({ ...chat, id: "chat-2" });
    await store.turns.begin(beginning({ chatId: "chat-2", turnId: "of-chat-2", clientMessageId: "x" }));
    const refused = store.turns.begin(beginning({ parentTurnId }));
    await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST", field: "parent_turn_id" });
    expect(await shown(store)).toEqual([]);
  });

  test("the assistant's search finds nothing of the branches that are hidden, nor shows them beside a hit", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await add(store, "a");
    await add(store, "b");
    await add(store, "b2", "a");
    await store.chats.update("user-1", "chat-1", { shownTurnId: "b" });
    const scope = { userId: "user-1", chatId: "chat-1", locale: "en" };
    for (const searchAllChats of [false, true]) {
      const tool = createSearchChatTool({ turns: store.turns, ...scope, searchAllChats });
      const { value } = await tool.run({ query: "answer" }, new AbortController().signal);
      const { results } = value as SearchChatOutput;
      expect(results.map((hit) => hit.context_turns.map((turn) => turn.turn_index))).toEqual([
        [0, 1],
        [0, 1],
      ]);
    }
    // A person finds what they have left, too.
    expect(await store.turns.search("user-1", "answer", { limit: 5 })).toHaveLength(3);
  });

  test("to show a turn is to show the newest one below it", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await add(store, "a");
    await add(store, "b");
    await add(store, "c");
    await add(store, "c2", "b");
    await add(store, "b2", "a");
    const show = (shownTurnId: string) => store.chats.update("user-1", "chat-1", { shownTurnId });
    await show("b");
    expect(await shown(store)).toEqual(["a", "b of b b2", "c2 of c c2"]);
    await show("c");
    expect(await shown(store)).toEqual(["a", "b of b b2", "c of c c2"]);
    await expect(show("unknown")).rejects.toMatchObject({ code: "INVALID_REQUEST", field: "shown_turn_id" });
  });

  test("what followed a deleted turn follows its parent, until it is restored", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    for (const id of ["a", "b", "c"]) await add(store, id);
    await store.turns.remove("user-1", "chat-1", "b");
    expect(await shown(store)).toEqual(["a", "c"]);
    expect(await store.turns.search("user-1", "b", { limit: 5 })).toEqual([]);
    // A question that was to follow it follows what it followed.
    await add(store, "d", "b");
    expect(await shown(store)).toEqual(["a", "d of c d"]);
    await store.turns.remove("user-1", "chat-1", "a");
    expect(await shown(store)).toEqual(["d of c d"]);
    await store.turns.restore("user-1", "chat-1", "a");
    await store.turns.restore("user-1", "chat-1", "b");
    await store.chats.update("user-1", "chat-1", { shownTurnId: "c" });
    expect(await shown(store)).toEqual(["a", "b of b d", "c"]);
    expect(await store.turns.search("user-1", "answer", { limit: 5 })).toHaveLength(4);
    await store.turns.remove("user-1", "chat-1", "b");
    clock.advance(10_000);
    await expect(store.turns.restore("user-1", "chat-1", "b")).rejects.toMatchObject({
      code: "CHAT_NOT_FOUND",
    });
  });

  test("the head moves from a deleted turn to the newest that is left beside or before it, and back", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    await add(store, "a");
    await add(store, "b");
    await add(store, "b2", "a");
    await store.turns.remove("user-1", "chat-1", "b2");
    expect(await shown(store)).toEqual(["a", "b"]);
    await store.turns.restore("user-1", "chat-1", "b2");
    expect(await shown(store)).toEqual(["a", "b2 of b b2"]);
    for (const id of ["b2", "b", "a"]) await store.turns.remove("user-1", "chat-1", id);
    expect(await shown(store)).toEqual([]);
    await add(store, "new");
    expect(await shown(store)).toEqual(["new"]);
  });

  test("U7: a chat of which all was deleted is listed no more, until some is restored or asked", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    const listed = async () => (await store.chats.list("user-1", 5)).map(({ id }) => id);
    expect(await listed()).toEqual(["chat-1"]);
    await add(store, "a");
    await add(store, "b");
    for (const id of ["b", "a"]) {
      expect(await listed()).toEqual(["chat-1"]);
      await store.turns.remove("user-1", "chat-1", id);
    }
    expect(await listed()).toEqual([]);
    await store.turns.restore("user-1", "chat-1", "a");
    expect(await listed()).toEqual(["chat-1"]);
    await store.turns.remove("user-1", "chat-1", "a");
    await add(store, "c");
    expect(await listed()).toEqual(["chat-1"]);
  });

  test("CMR-D7: a message that was deleted is never asked again, nor can it end", async () => {
    await using temporary = await openStoreWithChat(database);
    const { turns } = temporary.store;
    await turns.begin(beginning());
    await turns.remove("user-1", "chat-1", "turn-1");
    await expect(turns.begin(beginning())).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    await turns.finish(ending({ assistantText: "a late walrus" }));
    expect(await turns.search("user-1", "walrus", { limit: 5 })).toEqual([]);
    expect(await turns.recent("user-1", "chat-1", 5)).toEqual([]);
  });

  test("CMR-D7: a deleted chat is found by nothing, takes nothing, and its id is not used again", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    await add(store, "a");
    await store.chats.create({ ...chat, id: "chat-2" });
    await store.turns.begin(beginning({ chatId: "chat-2", turnId: "z", clientMessageId: "z" }));
    await store.turns.finish(ending({ turnId: "z" }));
    expect(await store.chats.ofMessage("user-1", "z")).toMatchObject({ id: "chat-2" });
    expect(await store.chats.ofMessage("user-2", "z")).toBeUndefined();
    await store.chats.remove("user-1", "chat-2");
    await store.chats.remove("user-1", "chat-1");
    const gone = { code: "CHAT_NOT_FOUND" };
    expect(await store.chats.find("user-1", "chat-1")).toBeUndefined();
    expect(await store.chats.list("user-1", 5)).toEqual([]);
    expect(await store.turns.search("user-1", "answer", { limit: 5 })).toEqual([]);
    expect(await store.turns.search("user-1", "?", { limit: 5 })).toEqual([]);
    expect(await shown(store)).toEqual([]);
    await expect(store.chats.create(chat)).rejects.toMatchObject(gone);
    await expect(store.turns.begin(beginning())).rejects.toMatchObject(gone);
    await expect(store.chats.ofMessage("user-1", "z")).rejects.toMatchObject(gone);
    await expect(store.chats.remove("user-1", "chat-1")).rejects.toMatchObject(gone);
    await expect(store.chats.restore("user-2", "chat-1")).rejects.toMatchObject(gone);
    clock.advance(9_999);
    await store.chats.restore("user-1", "chat-1");
    expect(await shown(store)).toEqual(["a"]);
    expect(await store.turns.search("user-1", "answer", { limit: 5 })).toHaveLength(1);
    // Of a chat that is still deleted, whichever chat the request names.
    await expect(store.turns.begin(beginning({ clientMessageId: "z" }))).rejects.toMatchObject(gone);
    await store.chats.remove("user-1", "chat-1");
    clock.advance(10_000);
    await expect(store.chats.restore("user-1", "chat-1")).rejects.toMatchObject(gone);
  });

  test("keeps what was said in order, why it failed, the picture and the files", async () => {
    await using temporary = await openStoreWithChat(database);
    const { turns } = temporary.store;
    const jpeg = Buffer.from([0xff, 0xd8, 0, 1]);
    const file = {
      name: 'a".pdf',
      mediaType: "application/pdf",
      sizeBytes: 9,
      pages: 2,
      text: "é\n",
      cut: true,
    };
    const files = [file, { ...file, name: "b", text: "b" }];
    await turns.begin(beginning({ hadImage: true, picture: { width: 4, height: 3, jpeg }, files }));
    const parts = [
      { kind: "text", text: "Let me see. 😀" },
      { kind: "tool", callId: "1", name: "clock", state: "done", summary: "12:00" },
      { kind: "text", text: "Noon." },
      { kind: "notice", code: "ANSWER_CUT", text: "…\0" },
    ] as const;
    const failure = { code: "MODEL_FAILED", message: "It broke." };
    await turns.finish(ending({ status: "failed", assistantText: "Let me see. 😀Noon.", parts, failure }));
    const [found] = await turns.history("user-1", "chat-1", 1);
    expect(found?.turn).toMatchObject({ parts, failure, status: "failed" });
    expect(found?.picture).toEqual({ width: 4, height: 3, bytes: 4 });
    const kept = await turns.picture("user-1", "chat-1", "turn-1");
    expect({ ...kept, jpeg: Buffer.from(kept?.jpeg ?? []) }).toEqual({ width: 4, height: 3, jpeg });
    expect(await turns.picture("user-2", "chat-1", "turn-1")).toBeUndefined();
    expect(found?.turn.files).toEqual(files.map(withoutText));
    expect(await turns.files("user-1", "chat-1", ["turn-1", "turn-2"])).toEqual(new Map([["turn-1", files]]));
    expect(await turns.files("user-2", "chat-1", ["turn-1"])).toEqual(new Map());
    // It is asked again, without one of them.
    await turns.begin(beginning({ files: [file] }));
    expect(await turns.files("user-1", "chat-1", ["turn-1"])).toEqual(new Map([["turn-1", [file]]]));
  });
});
