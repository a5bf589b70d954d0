import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { databases, sqlite } from "#server/testing/databases.ts";
import { keptIn } from "#server/testing/kept-in.ts";
import { beginning, chat, ending, openStoreWithChat } from "#server/testing/turn-store-kit.ts";

const running = new AbortController().signal;
const picture = { width: 4, height: 3, jpeg: Buffer.from("a picture of a walrus") };
const files = [
  { name: "walrus-name.txt", mediaType: "text/plain", sizeBytes: 9, text: "walrus-text", cut: false },
];
const encoded = picture.jpeg.toString("base64");
const failure = { code: "MODEL_FAILED", message: "walrus-failure" };
/** Every place that keeps what was said. */
const said = [
  "walrus-question",
  "walrus-answer",
  "walrus-thought",
  "walrus-tool",
  "walrus-failure",
  "walrus-name",
  "walrus-text",
  encoded,
];

const request = (turnId: string, chatId = "chat-1") =>
  beginning({
    turnId,
    chatId,
    clientMessageId: `message-${turnId}`,
    userText: "walrus-question",
    hadImage: true,
    picture,
    files,
  });
const answer = (turnId: string) =>
  ending({
    turnId,
    status: "failed",
    assistantText: "walrus-answer",
    reasoning: "walrus-thought",
    failure,
    parts: [
      { kind: "tool", callId: "1", name: "clock", state: "done", summary: "walrus-tool" },
      { kind: "text", text: "walrus-answer" },
    ],
  });

describe.each(databases)("what is deleted, on $name", (database) => {
  test("CMR-D7: goes with the chat after 10 s, and only its ids stay", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    await store.chats.create({ ...chat, id: "chat-2", title: "walrus-title" });
    await store.modelChoices.choose("user-1", "chat-2", "walrus-model");
    for (const id of Array.from({ length: 120 }, (_, n) => `turn-${n}`)) {
      await store.turns.begin(request(id, "chat-2"));
      await store.turns.finish(answer(id));
    }
    const summary = { chatId: "chat-2", turnId: "turn-9", text: "walrus-summary", createdAtMs: 1 };
    await store.summaries.add("user-1", summary, { turnIds: ["turn-9"], goesOnFrom: undefined });
    await store.turns.begin(request("unfinished", "chat-2"));
    await store.chats.remove("user-1", "chat-2");
    clock.advance(9_999);
    await store.purgeDeleted(running);
    const kept = [...said, "walrus-title", "walrus-model", "walrus-summary"];
    expect(await keptIn(temporary, kept)).toEqual(kept);
    clock.advance(1);
    expect(await store.purgeDeleted(running)).toBe(122);
    expect(await keptIn(temporary, ["walrus", encoded])).toEqual([]);
    expect(await store.purgeDeleted(running)).toBe(0);
    // It was still being answered elsewhere.
    await store.turns.finish(answer("unfinished"));
    expect(await keptIn(temporary, ["walrus"])).toEqual([]);
    const gone = { code: "CHAT_NOT_FOUND" };
    await expect(store.turns.begin(request("turn-0"))).rejects.toMatchObject(gone);
    await expect(store.chats.create({ ...chat, id: "chat-2" })).rejects.toMatchObject(gone);
    await expect(store.chats.restore("user-1", "chat-2")).rejects.toMatchObject(gone);
  });

  test("U7: goes with the last turn of a chat, which has its title from it; the next question gives it one", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    await store.chats.createForQuestion({ ...chat, id: "chat-2", title: "walrus-title" });
    await store.turns.begin(request("turn-1", "chat-2"));
    expect(await store.chats.claimTitle("user-1", "chat-2")).toBe(true);
    await store.turns.finish(answer("turn-1"));
    await store.turns.begin(request("turn-2", "chat-2"));
    await store.turns.finish(answer("turn-2"));
    await store.turns.remove("user-1", "chat-2", "turn-2");
    clock.advance(10_000);
    await store.purgeDeleted(running);
    await store.turns.remove("user-1", "chat-2", "turn-1");
    expect(await keptIn(temporary, ["walrus-title"])).toEqual(["walrus-title"]);
    clock.advance(10_000);
    await store.purgeDeleted(running);
    expect(await keptIn(temporary, ["walrus", encoded])).toEqual([]);
    await store.turns.begin(
      beginning({ turnId: "turn-3", chatId: "chat-2", clientMessageId: "3", userText: "What is a seal?" }),
    );
    // A title that was found in the first question meanwhile comes too late.
    expect(await store.chats.giveTitle("user-1", "chat-2", "turn-1", "walrus-title")).toBe(false);
    expect(await store.chats.find("user-1", "chat-2")).toMatchObject({ title: "What is a seal?" });
  });

  test("CMR-D7: goes with the turn after 10 s; what followed it stays", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    await store.turns.begin(request("turn-1"));
    await store.turns.finish(answer("turn-1"));
    await store.turns.begin(beginning({ turnId: "turn-2", clientMessageId: "2" }));
    await store.turns.remove("user-1", "chat-1", "turn-1");
    clock.advance(9_999);
    expect(await store.purgeDeleted(running)).toBe(0);
    clock.advance(1);
    expect(await store.purgeDeleted(running)).toBe(1);
    expect(await keptIn(temporary, ["walrus", encoded])).toEqual([]);
    expect(await store.turns.recent("user-1", "chat-1", 5)).toMatchObject([{ id: "turn-2" }]);
    await expect(store.turns.begin(request("turn-1"))).rejects.toMatchObject({ code: "CHAT_NOT_FOUND" });
    await expect(store.turns.restore("user-1", "chat-1", "turn-1")).rejects.toMatchObject({
      code: "CHAT_NOT_FOUND",
    });
  });

  test("is out of the search index at once, and in it again when it is restored", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store } = temporary;
    const index = database.name === "SQLite" ? "turn_search_rows" : "turn_search";
    const indexed = async () =>
      (await temporary.query(`select turn_id from ${index} order by turn_id`)).map((row) => row["turn_id"]);
    for (const id of ["turn-1", "turn-2"]) {
      await store.turns.begin(request(id));
      await store.turns.finish(answer(id));
    }
    await store.turns.begin(request("turn-3"));
    await store.turns.remove("user-1", "chat-1", "turn-1");
    expect(await indexed()).toEqual(["turn-2"]);
    await store.chats.remove("user-1", "chat-1");
    expect(await indexed()).toEqual([]);
    await store.turns.finish(answer("turn-3"));
    expect(await indexed()).toEqual([]);
    await store.chats.restore("user-1", "chat-1");
    expect(await indexed()).toEqual(["turn-2", "turn-3"]);
    const [last] = await store.turns.recent("user-1", "chat-1", 1);
    expect(last).toMatchObject({ id: "turn-3", status: "cancelled", assistantText: "", parts: [] });
    await store.turns.restore("user-1", "chat-1", "turn-1");
    expect(await indexed()).toEqual(["turn-1", "turn-2", "turn-3"]);
    expect(await store.turns.search("user-1", "walrus", { limit: 5 })).toHaveLength(3);
  });

  test("stays for the next sweep when a sweep is stopped", async () => {
    await using temporary = await openStoreWithChat(database);
    const { store, clock } = temporary;
    await store.chats.remove("user-1", "chat-1");
    clock.advance(10_000);
    expect(await store.purgeDeleted(AbortSignal.abort())).toBe(0);
    expect(await Promise.all([store.purgeDeleted(running), store.purgeDeleted(running)])).toContain(1);
  });
});

test("what a sweep cannot take out of SQLite's log, a later one takes, also of the next server", async () => {
  await using temporary = await openStoreWithChat(sqlite);
  const { store, clock, location } = temporary;
  await store.turns.begin(request("turn-1"));
  await store.turns.finish(answer("turn-1"));
  await store.turns.remove("user-1", "chat-1", "turn-1");
  clock.advance(10_000);
  const backup = new Database("file" in location ? location.file : "", { readonly: true });
  try {
    backup.exec("begin; select count(*) from turns");
    expect(await store.purgeDeleted(running)).toBe(1);
    const next = await temporary.reopen();
    expect(await next.purgeDeleted(running)).toBe(0);
    expect(await keptIn(temporary, ["walrus"])).toEqual(["walrus"]);
    backup.exec("commit");
    expect(await next.purgeDeleted(running)).toBe(0);
    expect(await keptIn(temporary, ["walrus"])).toEqual([]);
  } finally {
    backup.close();
  }
});
