import { describe, expect, test } from "vitest";
import type { Turn, TurnStore } from "../../chats/ports.ts";
import { earlierMessages } from "./context-window.ts";

function turn(index: number, userText: string, assistantText: string, hadImage = false): Turn {
  return {
    id: `turn-${index}`,
    chatId: "chat",
    userId: "ann",
    clientMessageId: undefined,
    parentTurnId: index === 0 ? undefined : `turn-${index - 1}`,
    index,
    userText,
    hadImage,
    files: [],
    assistantText,
    reasoning: "",
    parts: [],
    failure: undefined,
    status: "done",
    model: "m",
    inputTokens: 0,
    outputTokens: 0,
    ownerId: "o",
    leaseUntilMs: 0,
    createdAtMs: index,
    finishedAtMs: index,
  };
}

function store(all: readonly Turn[]): { turns: Pick<TurnStore, "recent" | "files">; reads: () => number } {
  let rows = 0;
  const turns: Pick<TurnStore, "recent" | "files"> = {
    async files(_userId, _chatId, turnIds) {
      const withFiles = all.filter(({ id, files }) => files.length > 0 && turnIds.includes(id));
      return new Map(
        withFiles.map(({ id, files }) => [
          id,
          files.map(({ chars: _chars, ...file }) => ({ ...file, text: `text of ${file.name}` })),
        ]),
      );
    },
    async recent(_userId, _chatId, limit, before = "") {
      const page = all
        .filter(({ index }) => index < Number(before.replace("turn-", "")))
        .toSorted((a, b) => b.index - a.index)
        .slice(0, limit);
      rows += page.length;
      return page;
    },
  };
  return { turns, reads: () => rows };
}

const scope = { userId: "ann", chatId: "chat", locale: "en" };
const before = (index: number) => ({ before: turn(index, "?", "") });
const many = (count: number, length: number): Turn[] =>
  Array.from({ length: count }, (_, index) => turn(index, `question ${index}`, "a".repeat(length)));

describe("earlierMessages", () => {
  test("gives the earlier turns oldest first, as pairs", async () => {
    const { turns } = store([turn(0, "one", "1"), turn(1, "two", "2"), turn(2, "later", "3")]);
    expect((await earlierMessages(turns, { ...scope, ...before(2) })).messages).toEqual([
      { role: "user", text: "one" },
      { role: "assistant", text: "1" },
      { role: "user", text: "two" },
      { role: "assistant", text: "2" },
    ]);
  });

  test("reads nothing for the first question of a chat", async () => {
    const { turns, reads } = store(many(3, 10));
    expect((await earlierMessages(turns, { ...scope, ...before(0) })).messages).toEqual([]);
    expect(reads()).toBe(0);
  });

  test("stops at the budget, keeping the newest", async () => {
    const { turns } = store(many(20, 400));
    const { messages } = await earlierMessages(turns, { ...scope, ...before(20), budgetTokens: 320 });
    expect(messages.filter(({ role }) => role === "user").map(({ text }) => text)).toEqual([
      "question 18",
      "question 19",
    ]);
  });

  test("reads no more of a chat of 5,000 turns than of one of 50", async () => {
    const [short, long] = [store(many(50, 10)), store(many(5_000, 10))];
    const { messages: a } = await earlierMessages(short.turns, { ...scope, ...before(50) });
    const { messages: b } = await earlierMessages(long.turns, { ...scope, ...before(5_000) });
    expect(long.reads()).toBe(short.reads());
    expect(b).toHaveLength(a.length);
  });

  test("shortens the newest turn when it alone is over the budget", async () => {
    const { turns } = store([turn(0, "old", "old"), turn(1, "tell me all", "word ".repeat(50_000))]);
    const { messages } = await earlierMessages(turns, { ...scope, ...before(2), budgetTokens: 200 });
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(messages[1]?.text.length).toBeLessThan(600);
    expect(messages[1]?.text.endsWith("…")).toBe(true);
  });

  test("leaves out turns without an answer and marks those with a picture, in the person's language", async () => {
    const { turns } = store([turn(0, "что это?", "Кот.", true), turn(1, "упало", "")]);
    expect((await earlierMessages(turns, { ...scope, locale: "ru-RU", ...before(2) })).messages).toEqual([
      { role: "user", text: "[была приложена картинка] что это?" },
      { role: "assistant", text: "Кот." },
    ]);
  });

  test("goes on with the newest files of the chat, within a bound, and names the others", async () => {
    const withFile = (index: number, name: string, chars: number): Turn => ({
      ...turn(index, `about ${name}`, "Yes."),
      files: [{ name, mediaType: "text/plain", sizeBytes: chars, chars, cut: false }],
    });
    const { turns } = store([
      withFile(0, "old.txt", 150_000),
      turn(1, "and?", "So."),
      withFile(2, "new.txt", 100_000),
    ]);
    const { messages } = await earlierMessages(turns, { ...scope, ...before(3) });
    const questions = messages.filter(({ role }) => role === "user");
    expect(questions).toEqual([
      { role: "user", text: expect.stringMatching(/^\[files were attached.*old\.txt\] about old\.txt$/u) },
      { role: "user", text: "and?" },
      { role: "user", text: "about new.txt", files: expect.stringContaining("\ntext of new.txt\n</file-") },
    ]);
  });
});
