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
    // What is exported here is the same on another server, and is known when it comes back.
    await using other = await openImportStage(name);
    const made = (await other.ann.importFile(before.text)).report;
    expect([made.chats, made.origin]).toEqual([{ ...NONE, made: 2 * CHATS }, "pipit"]);
    const there = (await other.ann.exported()).text;
    expect(contentOf(there)).toBe(contentOf(before.text));
    expect((await ann.importFile(there)).report.chats).toEqual({ ...NONE, unchanged: 2 * CHATS });

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
  expect(report.left_out).toEqual({ pictures: 0, files: 1, cut: 0 });
  // It is found soon after.
  await expect
    .poll(async () => (await stage.auth.store.turns.search("ann", "weather", { limit: 5 })).length)
    .toBeGreaterThan(0);
});

test("a file that is broken, huge or hostile harms no chat, and is told", async () => {
  await using stage = await openImportStage(sqlite.name);
  const { ann } = stage;
  const ok = (number: number) => chatGptConversation(number);
  const list = (...chats: readonly unknown[]) => JSON.stringify(chats);
  const unsupported = async (file: string | Uint8Array): Promise<void> => {
    const { status, lines } = await ann.importFile(file);
    expect([status, lines[0]?.["error"]]).toEqual([
      415,
      expect.objectContaining({ code: "FILE_UNSUPPORTED" }),
    ]);
  };
  for (const file of ["", "<html><script>", '{"a": 1}', "[1", "PK", zipOf({ "a.json": Buffer.from("[]") })]) {
    await unsupported(file);
  }
  // Written in windows-1251; an archive that was cut.
  await unsupported(Buffer.from([0x5b, 0x22, 0xcf, 0xf0, 0xe8, 0x22, 0x5d]));
  await unsupported(zipOf({ "conversations.json": Buffer.from(list(ok(0))) }).subarray(0, 300));
  // Encodings.
  const utf16 = Buffer.from(`\uFEFF${list(ok(1))}`, "utf16le");
  for (const file of [utf16, Buffer.from(utf16).swap16(), `\uFEFF${list(ok(1))}`]) {
    const { chats } = (await ann.importFile(file)).report;
    expect(chats.made + chats.unchanged).toBe(1);
  }
  // Cut in the middle: what came before stays.
  const cut = (await ann.importFile(list(ok(2), ok(3)).slice(0, -500))).report;
  expect(cut).toMatchObject({ chats: { made: 1 }, problem: "damaged" });
  // Circles, parents that are not there, wrong types, lone surrogates, a title of a megabyte, junk nested deep.
  const message = (role: string, text: string) => ({
    author: { role },
    content: { content_type: "text", parts: [text] },
  });
  const odd = {
    conversation_id: "../../etc/passwd\0",
    title: "T".repeat(1_000_000),
    create_time: "never",
    mapping: {
      a: { parent: "b", children: ["b"], message: message("user", "in a circle \uD800") },
      b: { parent: "a", children: ["a"], message: message("assistant", "answered \0") },
      c: { parent: "gone", children: 7, message: message("user", "# Chat Session") },
      __proto__: { parent: "c", message: 9 },
    },
    current_node: 5,
  };
  const deep = `{"mapping":${"[".repeat(500)}${"]".repeat(500)}}`;
  const file = `[${JSON.stringify(odd)},${deep},{"mapping":{},"id":"x"},{"chat_messages":[]},17,${JSON.stringify(ok(4))}]`;
  const report = (await ann.importFile(file)).report;
  expect(report).toMatchObject({ chats: { made: 2 }, skipped: { damaged: 2, empty: 1 }, problem: null });
  const told = (await ann.exported()).chats.find(({ title }) => title.startsWith("TTT"));
  expect(told?.title.length).toBeLessThanOrEqual(60);
  expect(storyOf(told as ExportedChat)).toEqual([
    ["user", "# Chat Session"],
    ["user", "in a circle \uFFFD"],
    ["assistant", "answered \uFFFD"],
  ]);
  // Nothing of it is anywhere but in the account.
  expect((await stage.ben.exported()).chats).toEqual([]);
});
