import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { storeWithTurns, type Said } from "#server/testing/search-kit.ts";

describe.each(databases)("on $name", (database) => {
  const storeWith = (...said: readonly Said[]) => storeWithTurns(database, said);

  describe("search finds the forms of a word", () => {
    const forms = [
      ["встреча", "Напомни про встречу с Анной"],
      ["встречи", "Сколько встреч на неделе?"],
      ["встречу", "Мы говорили о встречах"],
      ["новая задача", "Список новых задач"],
      ["обсудить", "Вчера мы обсудили бюджет"],
      ["чёрный", "Черная кошка"],
      ["ЗАДАЧА", "все задачи закрыты"],
      ["книгами", "Прочитал книгу"],
      ["meetings", "There is a meeting at noon"],
      ["meeting", "Two meetings were moved"],
      ["meet", "All meetings"],
      ["planned", "I plan to write"],
      ["studies", "A study of birds"],
      ["notes", "Write a note"],
      ["cafe", "The Café is closed"],
      ["boxes", "One box"],
      ["gpt-4", "Ask GPT-4 about it"],
    ] as const;
    const userOf = (text: string) => `says ${text}`;
    let all: Awaited<ReturnType<typeof storeWithTurns>>;
    // Each text is a user's own: in one database none is found for another.
    beforeAll(async () => {
      const turns = forms.map(([, text]) => ({ question: text, chatId: text, userId: userOf(text) }));
      all = await storeWith(
        ...turns.flatMap((turn) => [{ ...turn, question: "Nothing of that kind" }, turn]),
      );
    });
    afterAll(() => all[Symbol.asyncDispose]());

    test.each(forms)("%s in “%s”", async (query, text) => {
      const hits = await all.find(query, { userId: userOf(text) });
      expect(hits.map((hit) => hit.headline)).toEqual([text]);
    });

    test("in the answer as well, and tells what it found", async () => {
      await using said = await storeWith({ question: "When?", answer: "The dentist is on Friday." });
      expect(await said.find("dentists")).toMatchObject([
        {
          chatId: "chat-1",
          chatTitle: "About chat-1",
          turnId: "turn-0",
          turnIndex: 0,
          headline: "The dentist is on Friday.",
          highlights: [{ start: 4, end: 11 }],
          places: [{ role: "assistant", start: 4, end: 11 }],
        },
      ]);
    });
  });

  describe("search orders and limits", () => {
    test("the turn that says it more often comes first, with the higher score", async () => {
      await using said = await storeWith(
        { question: `A pigeon and ${"other words ".repeat(30)}` },
        { question: "pigeon pigeon pigeon" },
        { question: "no bird here" },
      );
      const hits = await said.find("pigeon");
      expect(hits.map((hit) => hit.turnId)).toEqual(["turn-1", "turn-0"]);
      expect(hits[0]?.score).toBeGreaterThan(hits[1]?.score ?? Infinity);
    });

    test("the beginning of a longer word is found where there is no turn with the word itself", async () => {
      await using said = await storeWith(
        { question: "bookkeeper" },
        { question: "book" },
        { question: "dog" },
        { question: "bird" },
        { question: "fish" },
      );
      expect((await said.find("book")).map((hit) => hit.turnId)).toEqual(["turn-1"]);
      expect((await said.find("bookk")).map((hit) => hit.turnId)).toEqual(["turn-0"]);
    });

    test("turns with every word first; without any such, turns with some of them", async () => {
      await using said = await storeWith(
        { question: "red apples" },
        { question: "green apples" },
        { question: "a red car" },
      );
      expect((await said.find("green apple")).map((hit) => hit.turnId)).toEqual(["turn-1"]);
      expect((await said.find("a green car, please")).map((hit) => hit.turnId).toSorted()).toEqual([
        "turn-1",
        "turn-2",
      ]);
    });

    test("only this user's turns, only this chat's when asked, never more than the limit", async () => {
      await using said = await storeWith(
        { question: "owl one" },
        { question: "owl two", chatId: "chat-2" },
        { question: "owl three", chatId: "chat-3", userId: "user-2" },
      );
      expect(await said.find("owl")).toHaveLength(2);
      expect((await said.find("owl", { chatId: "chat-2" })).map((hit) => hit.turnId)).toEqual(["turn-1"]);
      expect(await said.find("owl", { chatId: "chat-3" })).toEqual([]);
      expect((await said.find("owl", { userId: "user-2" })).map((hit) => hit.turnId)).toEqual(["turn-2"]);
      expect(await said.find("owl", { limit: 1 })).toHaveLength(1);
      expect(await said.find("owl", { limit: 0 })).toEqual([]);
      expect(await said.find("owl", { limit: -5 })).toEqual([]);
    });
  });

  describe("search takes any input", () => {
    let owls: Awaited<ReturnType<typeof storeWithTurns>>;
    beforeAll(async () => {
      owls = await storeWith({ question: "an owl" }, { question: "owl", chatId: "c2", userId: "user-2" });
    });
    afterAll(() => owls[Symbol.asyncDispose]());

    test.each([
      '"*(NEAR AND',
      'owl" OR scope : "',
      "NEAR(owl, 5)",
      "owl*",
      "{question} : owl",
      "^owl",
      "-owl",
      "owl\u0000owl",
      "'; drop table turns; --",
      "AND OR NOT",
      "\ud800 owl",
      "",
    ])("%j", async (query) => {
      const hits = await owls.find(query);
      expect(hits.every((hit) => hit.chatId === "chat-1")).toBe(true);
      expect(await owls.find("owl")).toHaveLength(1);
    });

    test.each(["owl ", "слово ", "a b c d e f g h i j k l m n o p q r s t u v w x y z "])(
      "%j, five thousand times",
      async (part) => {
        await using said = await storeWith({ question: "a b c owl" });
        expect(await said.find(part.repeat(5000))).toHaveLength(part === "слово " ? 0 : 1);
      },
    );

    test("a query without words looks for the very characters", async () => {
      await using said = await storeWith(
        { question: "why???" },
        { question: "100 % sure_" },
        { question: "party 🎉🎉", answer: "back\\slash" },
      );
      const ids = async (query: string) => (await said.find(query)).map((hit) => hit.turnId);
      expect(await ids("???")).toEqual(["turn-0"]);
      expect(await ids("%")).toEqual(["turn-1"]);
      expect(await ids("_")).toEqual(["turn-1"]);
      expect(await ids("🎉")).toEqual(["turn-2"]);
      expect(await ids("\\")).toEqual(["turn-2"]);
      expect(await ids("§")).toEqual([]);
      expect(await said.find("🎉", { chatId: "chat-9" })).toEqual([]);
      expect(await ids("")).toEqual([]);
      expect(await ids("  \n")).toEqual([]);
    });
  });
});
