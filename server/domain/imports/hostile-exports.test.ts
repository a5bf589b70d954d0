import { describe, expect, test } from "vitest";
import { zipOf } from "#tests/integration/imports/make-zip.ts";
import { readExport } from "#tests/integration/imports/read-export.ts";
import { chatGptConversation, claudeConversation, exportOf } from "#tests/testing/foreign-exports.ts";

const LIMITS = { chatChars: 8 * 1024 * 1024, unpackedBytes: 64 * 1024 * 1024, chats: 1_000 };
const read = (file: Uint8Array) => readExport(file, LIMITS);
const readChats = (...all: readonly unknown[]) => read(Buffer.from(JSON.stringify(all)));
const usual = Buffer.from(exportOf(chatGptConversation, 2));

/** A message of ChatGPT. */
function message(role: string, text: string, over: object = {}) {
  return { author: { role }, content: { content_type: "text", parts: [text] }, ...over };
}

describe("[24] a tree of messages that is none", () => {
  test("circles, parents and a current message that are not there, a message that follows itself", async () => {
    const mapping = {
      a: { parent: "c", message: message("user", "one") },
      b: { parent: "a", message: message("assistant", "two") },
      c: { parent: "b", message: message("user", "three") },
      d: { parent: "gone", message: message("user", "four") },
      e: { parent: "e", message: message("user", "five") },
    };
    const { found, problem } = await readChats({ id: "x", title: "T", mapping, current_node: "nowhere" });
    expect(found[0]?.turns.map(({ userText }) => userText).toSorted()).toEqual([
      "five",
      "four",
      "one",
      "three",
    ]);
    expect([found[0]?.headTurnId, problem]).toEqual([undefined, undefined]);
  });

  test("a line of 20,000 messages, and one message of 20,000 answers", async () => {
    const line = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, n) => [
        `m${n}`,
        { parent: `m${n - 1}`, message: message(n % 2 === 0 ? "user" : "assistant", "x") },
      ]),
    );
    const fan = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, n) => [
        `a${n}`,
        { parent: "q", message: message("assistant", "y") },
      ]),
    );
    const { found, skipped } = await readChats(
      { id: "line", title: "Line", mapping: line },
      { id: "fan", title: "Fan", mapping: { q: { message: message("user", "x") }, ...fan } },
    );
    expect(found.map(({ turns }) => turns.length)).toEqual([10_000, 20_000]);
    expect(skipped).toEqual([]);
  });

  test("two messages of one id are one, and a chat that comes twice is read twice", async () => {
    const said = (text: string) => ({ uuid: "q", sender: "human", text });
    const chat = { uuid: "c", name: "Twice", chat_messages: [said("one"), said("two")] };
    const { found } = await readChats(chat, chat);
    expect(found.map(({ turns }) => turns.map(({ userText }) => userText))).toEqual([["two"], ["two"]]);
  });
});

test.each([
  ["1601-01-01T00:00:00Z", undefined],
  [-11_644_473_600, undefined],
  ["9999-12-31T23:59:59Z", "now"],
  [253_402_300_799, "now"],
  [1e308, undefined],
  ["NaN", undefined],
  [null, undefined],
  [{}, undefined],
  ["2024-02-30T25:61:00Z", undefined],
])("[24] the time %j of a message", async (time, expected) => {
  const before = Date.now();
  const base = 1_700_000_000;
  const mapping = { a: { message: message("user", "x", { create_time: time }) } };
  const { found } = await readChats({ id: "x", create_time: base, update_time: time, mapping });
  const [chat] = found;
  const at = chat?.turns[0]?.createdAtMs ?? 0;
  if (expected === "now") expect(at).toBeGreaterThanOrEqual(before);
  else expect(at).toBe(base * 1000);
  for (const ms of [at, chat?.createdAtMs, chat?.updatedAtMs, chat?.turns[0]?.finishedAtMs]) {
    expect(Number.isSafeInteger(ms)).toBe(true);
    expect(ms).toBeLessThanOrEqual(Date.now());
  }
});

test("[24] NaN, which JSON has not, costs only its chat", async () => {
  const bad = `{"id":"x","create_time":NaN,"mapping":{}}`;
  const { found, skipped } = await read(Buffer.from(`[${bad},${JSON.stringify(chatGptConversation(0))}]`));
  expect([found.length, skipped]).toEqual([1, ["damaged"]]);
});

test("[24] texts that no database can hold are made ones that it can", async () => {
  const mapping = { "a\uD800": { message: message("user", "\uDC00 \0 \uD83C") } };
  const { found } = await readChats({ id: "x\uD800", title: "\uD800".repeat(1024 * 1024), mapping });
  const [chat] = found;
  expect([chat?.id, chat?.turns[0]?.userText]).toEqual(["x\uFFFD", "\uFFFD \uFFFD \uFFFD"]);
  expect(chat?.title.isWellFormed()).toBe(true);
  expect(chat?.title.length).toBeLessThanOrEqual(60);
});

describe("[24] an archive", () => {
  test("of two lists of conversations is read whole, whatever its names say of folders", async () => {
    const { found, problem } = await read(
      zipOf({
        "../../../etc/conversations.json": Buffer.from(exportOf(chatGptConversation, 2)),
        "C:\\x\\conversations.json": Buffer.from("[]"),
        "b/conversations-001.json": Buffer.from(exportOf(claudeConversation, 2)),
      }),
    );
    expect(found.map(({ origin }) => origin)).toEqual(["chatgpt", "chatgpt", "claude", "claude"]);
    expect(problem).toBeUndefined();
  });

  test("with a password is told as that, and one whose pictures have one is read", async () => {
    const locked = (name: string): Buffer => {
      const zip = zipOf({ "conversations.json": usual, "picture.bin": usual });
      // The flags of both headers, and a way of packing that only tells of the encryption (AES, 99).
      for (let at = zip.indexOf(name); at >= 0; at = zip.indexOf(name, at + 1)) {
        const isLocal = zip.readUInt32LE(at - 30) === 0x04034b50;
        const flags = isLocal ? at - 24 : at - 38;
        zip.writeUInt16LE(1, flags);
        zip.writeUInt16LE(99, flags + 2);
      }
      return zip;
    };
    expect((await read(locked("conversations.json"))).problem).toBe("locked");
    expect(await read(locked("picture.bin"))).toMatchObject({ skipped: [], problem: undefined });
  });
});

test.each([
  ["a list", usual],
  ["a list in UTF-16", Buffer.from(`\uFEFF${usual.toString()}`, "utf16le")],
  ["an archive", zipOf({ "conversations.json": usual })],
])("[24] %s that is cut at each of 200 places is never taken for a whole one", async (_, file) => {
  const whole = await read(file);
  expect(whole).toMatchObject({ skipped: [], problem: undefined });
  for (let cut = 0; cut < 200; cut += 1) {
    const { found, problem } = await read(file.subarray(0, Math.floor((file.length * cut) / 200)));
    expect(problem, `cut at ${cut}/200`).toBeOneOf(["damaged", "no_export", "encoding"]);
    expect(whole.found.slice(0, found.length)).toEqual(found);
  }
});
