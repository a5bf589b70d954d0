import { describe, expect, test } from "vitest";
import { repeatedZip, zip64Of, zipOf } from "#tests/integration/imports/make-zip.ts";
import { ANSWER_MAX_CHARS, PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { chatGptConversation } from "#tests/testing/foreign-exports.ts";
import { readExport } from "#tests/integration/imports/read-export.ts";
import type { ReadLimits } from "./export-reader.ts";

const KIB = 1024;
const LIMITS: ReadLimits = { chatChars: 64 * KIB, unpackedBytes: 256 * KIB, chats: 100 };
const chats = (...all: readonly unknown[]): Buffer => Buffer.from(JSON.stringify(all));
const packed = (json: Buffer): Buffer => zipOf({ "conversations.json": json });
const usual = chatGptConversation(0);

/** The titles of chats with the number of their turns, what is skipped, and the end. */
async function read(file: Uint8Array, limits = LIMITS) {
  const { found, skipped, problem } = await readExport(file, limits);
  const told = found.map(({ title, turns }) => ({ title, turns: turns.length }));
  return { found: told, skipped, problem };
}

const USUAL = { title: "ChatGPT 0", turns: 4 };

/** A message of ChatGPT that follows another one. */
function node(id: string, parent: string | undefined, role: string, ...parts: readonly string[]) {
  return { [id]: { parent, message: { author: { role }, content: { content_type: "text", parts } } } };
}

describe("[24] a file that is made to eat memory, time or disk costs no other chat", () => {
  test.each([
    ["objects of two characters", { id: "x", mapping: { a: Array.from({ length: 5_000 }, () => ({})) } }],
    [
      "lists",
      {
        id: "x",
        mapping: { a: { message: { content: { parts: Array.from({ length: 5_000 }, () => []) } } } },
      },
    ],
  ])("a chat of nothing but %s, which the parser would need all memory for", async (_, bomb) => {
    expect(JSON.stringify(bomb).length).toBeLessThan(LIMITS.chatChars);
    expect(await read(packed(chats(bomb, usual)))).toEqual({
      found: [USUAL],
      skipped: ["too_large"],
      problem: undefined,
    });
  });

  test("a question of a megabyte with a thousand answers, each a turn with that question", async () => {
    const answers = Array.from({ length: 1_000 }, (_, i) => node(`a${i}`, "q", "assistant", "yes"));
    const mapping = Object.assign(node("q", undefined, "user", "x".repeat(KIB * KIB)), ...answers);
    const limits = { chatChars: 8 * KIB * KIB, unpackedBytes: 64 * KIB * KIB, chats: 100 };
    const { found, skipped } = await read(chats({ id: "x", title: "Many", mapping }, usual), limits);
    expect({ found, skipped }).toEqual({ found: [USUAL], skipped: ["too_large"] });
    // Many chats, each with eight of them: eight chats are what may be made of a file.
    const few = {
      ...mapping,
      ...Object.fromEntries(
        Object.keys(mapping)
          .slice(9)
          .map((id) => [id, {}]),
      ),
    };
    const all = Array.from({ length: 20 }, (_, i) => ({ id: `c${i}`, title: "Few", mapping: few }));
    const small = { ...limits, unpackedBytes: 16 * KIB * KIB };
    const { found: made, problem } = await read(chats(...all), small);
    expect(problem).toBe("unpacked_too_large");
    expect(made.length).toBe(8);
  });

  test("an answer whose every one of 2,000 parts was given again", async () => {
    let mapping = node("q", undefined, "user", "Go on");
    for (let i = 0, last = "q"; i < 2_000; last = `a${i}`, i += 1) {
      mapping = Object.assign(
        mapping,
        node(`a${i}`, last, "assistant", "x".repeat(100)),
        node(`b${i}`, last, "assistant", "y"),
      );
    }
    const { found, skipped } = await read(chats({ id: "x", mapping }, usual), {
      chatChars: 8 * KIB * KIB,
      unpackedBytes: 64 * KIB * KIB,
      chats: 100,
    });
    expect({ found, skipped }).toEqual({ found: [USUAL], skipped: ["too_large"] });
  });

  test("an answer of 200,000 blocks, and code of as many backticks", async () => {
    const blocks = Array.from({ length: 200_000 }, () => ({ type: "text", text: "." }));
    const claude = {
      uuid: "c",
      name: "Blocks",
      chat_messages: [
        { uuid: "q", sender: "human", text: "Go on" },
        { uuid: "a", sender: "assistant", content: blocks },
      ],
    };
    const code = { content_type: "code", text: "` ".repeat(200_000) };
    const gpt = {
      id: "g",
      title: "Ticks",
      mapping: {
        ...node("q", undefined, "user", "Go on"),
        a: { parent: "q", message: { author: { role: "assistant" }, content: code } },
      },
    };
    const limits = { chatChars: 64 * KIB * KIB, unpackedBytes: 256 * KIB * KIB, chats: 100 };
    expect(await read(chats(claude, gpt, usual), limits)).toEqual({
      found: [{ title: "Blocks", turns: 1 }, { title: "Ticks", turns: 1 }, USUAL],
      skipped: [],
      problem: undefined,
    });
  });

  test.each([
    [
      "that unpacks to more than it may",
      packed(Buffer.from(`[${" ".repeat(300 * KIB)}]`)),
      "unpacked_too_large",
    ],
    ["within an archive", packed(packed(chats(usual))), "encoding"],
    ["that names one file a thousand times", repeatedZip(packed(chats(usual)), 1_000), "damaged"],
  ])("an archive %s", async (_, file, problem) => {
    expect(await read(file)).toEqual({ found: [], skipped: [], problem });
  });
});

test("[24] an archive in ZIP64 is read, and one whose numbers lie is damaged", async () => {
  const wide = zip64Of(packed(chats(usual)));
  expect(await read(wide)).toEqual({ found: [USUAL], skipped: [], problem: undefined });
  const lying = Buffer.from(wide);
  lying.fill(0xee, lying.length - 22 - 12, lying.length - 22 - 4);
  expect((await read(lying)).problem).toBe("damaged");
});

test("[24] a file of nothing but empty chats ends at the number of chats that are read", async () => {
  const empty = Array.from({ length: LIMITS.chats + 1 }, (_, n) => ({ id: `c${n}`, mapping: {} }));
  const { skipped, problem } = await read(packed(chats(usual, ...empty)));
  expect([skipped.length, problem]).toEqual([LIMITS.chats - 1, "too_many_chats"]);
});

test("[24] a message that is longer than any here is cut, and counted", async () => {
  const said = (text: string) => ({ content_type: "text", parts: [text] });
  const mapping = {
    ...node("q", undefined, "user", "🌳".repeat(PROMPT_MAX_CHARS)),
    ...node("a", "q", "assistant", "x".repeat(2 * ANSWER_MAX_CHARS)),
    ...node("q2", "a", "user", "More"),
    ...Object.fromEntries(
      Array.from({ length: 2_000 }, (_, n) => [
        `call${n}`,
        {
          parent: n === 0 ? "q2" : `call${n - 1}`,
          message: { author: { role: "assistant" }, recipient: "python", content: said("1") },
        },
      ]),
    ),
  };
  const limits = { chatChars: 64 * KIB * KIB, unpackedBytes: 256 * KIB * KIB, chats: 100 };
  const { found, leftOut } = await readExport(chats({ id: "x", title: "Long", mapping }), limits);
  const [long, tools] = found[0]?.turns ?? [];
  expect(long?.userText).toBe("🌳".repeat(PROMPT_MAX_CHARS / 2));
  const [answer] = long?.parts ?? [];
  expect(answer?.kind === "text" && answer.text.length).toBe(ANSWER_MAX_CHARS + PROMPT_MAX_CHARS);
  expect(tools?.parts).toHaveLength(1_000);
  expect(leftOut).toEqual({ pictures: 0, files: 0, cut: 3 });
});
