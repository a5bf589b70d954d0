import { describe, expect, test } from "vitest";
import { databases, sqlite } from "#server/testing/databases.ts";
import { chatGptConversation, claudeConversation, exportOf } from "#tests/testing/foreign-exports.ts";
import { sized } from "#tests/testing/test-size.ts";
import { zipOf } from "./make-zip.ts";
import { contentOf, openImportStage, type ExportedChat } from "./import-stage.ts";

const CHATS = sized(30, 2_500);
const NONE = { made: 0, extended: 0, unchanged: 0 };

/** What is said in a chat, a line a message, each with what it follows. */
function storyOf({ messages }: ExportedChat): readonly unknown[] {
  return messages.map((message) => {
    const { content } = message["content"] as { content: readonly Record<string, unknown>[] };
    return [message["role"], ...content.map((part) => part["text"] ?? `${String(part["name"])}!`)];
  });
}

describe.each(databases)("exports of other programs, on $name", ({ name }) => {
  test("[24] come to the same state when they are imported twice, packed and grown", async () => {
    await using stage = await openImportStage(name);
    const { ann } = stage;
    const files = [exportOf(chatGptConversation, CHATS), exportOf(claudeConversation, CHATS)];
    for (const file of files) {
      expect((await ann.importFile(file)).report.chats).toEqual({ ...NONE, made: CHATS });
    }
    const before = await ann.exported();
    expect(before.chats).toHaveLength(2 * CHATS);
    const packed = zipOf({
      "chat.html": Buffer.from("<html>"),
      "../../conversations.json": Buffer.from(files[0] ?? ""),
      "__MACOSX/._conversations.json": Buffer.from("junk"),
    });
    for (const file of [packed, ...files]) {
      expect((await ann.importFile(file)).report.chats).toEqual({ ...NONE, unchanged: CHATS });
    }
    expect(contentOf((await ann.exported()).text)).toBe(contentOf(before.text));

    // One goes on there, is renamed here, and then goes on there again; another one is deleted here.
    const [first, second] = before.chats;
    const { store } = stage.auth;
    await store.chats.update("ann", first?.id ?? "", { title: "Mine" });
    await store.chats.remove("ann", second?.id ?? "");
    const grown = JSON.stringify([chatGptConversation(0, 5), chatGptConversation(1, 5)]);
    const again = (await ann.importFile(grown)).report;
    expect(again).toMatchObject({ chats: { made: 0, extended: 1 }, turns: 3, skipped: { deleted: 1 } });
    const chat = (await ann.exported()).chats[0];
    expect(chat?.title).toBe("Mine");
    expect(chat?.head_turn_id).toBe(chat?.messages.at(-1)?.["turn_id"]);
    expect((await ann.importFile(grown, "?deleted=again")).report.chats).toEqual({
      made: 1,
      extended: 0,
      unchanged: 1,
    });
    expect((await ann.importFile(grown, "?deleted=again")).report.chats).toEqual({ ...NONE, unchanged: 2 });
  });
});

test("what ChatGPT and Claude keep of a chat is there: branches, tools, thoughts, files, times, models", async () => {
  await using stage = await openImportStage(sqlite.name);
  await stage.ann.importFile(JSON.stringify([chatGptConversation(0)]));
  const report = (await stage.ben.importFile(JSON.stringify([claudeConversation(0)]))).report;
  const [gpt] = (await stage.ann.exported()).chats;
  const [claude] = (await stage.ben.exported()).chats;
  const said = gpt?.messages ?? [];
  // The first question has two answers, of which the second is shown.
  expect(said.map(({ role }) => role)).toEqual(Array.from({ length: 4 }, () => ["user", "assistant"]).flat());
  expect(said[2]).toMatchObject({ parent_turn_id: null, content: said[0]?.["content"] });
  expect(said[4]?.["parent_turn_id"]).toBe(said[2]?.["turn_id"]);
  expect(said[5]).toMatchObject({
    status: "done",
    step_data: { model: "gpt-4o" },
    content: { content: [{ type: "tool", name: "python", summary: "print(6 * 7)" }, { type: "text" }] },
  });
  expect(gpt).toMatchObject({ title: "ChatGPT 0", archived: true, created_at: "2023-11-14T22:13:20.000Z" });
  expect(storyOf(claude as ExportedChat)[1]).toEqual([
    "assistant",
    "Let me think.",
    "web_search!",
    expect.any(String),
  ]);
  expect(claude?.messages[0]).toMatchObject({
    created_at: "2025-01-01T00:00:02.000Z",
    files: [{ name: "notes.txt", media_type: "text/plain", text: "hello notes" }],
  });
  expect(report.left_out).toEqual({ pictures: 0, files: 1 });
  // It is found soon after.
  await expect
    .poll(async () => (await stage.auth.store.turns.search("ann", "weather", { limit: 5 })).length, {
      timeout: 20_000,
    })
    .toBeGreaterThan(0);
});
