import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import { storeWithTurns, type Said } from "#server/testing/search-kit.ts";

const DAY_MS = 24 * 3_600_000;

/** Chats as seed 001's tests have them. */
const seed: readonly Said[] = [
  {
    chatId: "s1",
    question: "What is the weather in Moscow today?",
    answer: "Today in Moscow it is -6 and cloudy.",
  },
  { chatId: "s1", question: "And tomorrow?", answer: "Tomorrow expect -8 and snow." },
  {
    chatId: "s2",
    question: "Tell me about Project Atlas",
    answer: "Project Atlas is the new internal initiative for data processing.",
  },
  { chatId: "s2", question: "Who leads Atlas?", answer: "Anna leads it." },
  { chatId: "s3", question: "Какая погода сегодня в Москве?", answer: "Сегодня в Москве -6°C, облачно." },
  { chatId: "s3", question: "Deploying servers", answer: "Use the deploy script for deploying." },
];

describe.each(databases)("on $name", (database) => {
  describe("golden vectors of seed 001", () => {
    let said: Awaited<ReturnType<typeof storeWithTurns>>;
    beforeAll(async () => {
      // A chat has its title from its first question.
      const first = new Map(seed.toReversed().map(({ chatId, question }) => [chatId, question]));
      said = await storeWithTurns(
        database,
        seed.map((turn) => ({ ...turn, title: first.get(turn.chatId) ?? "" })),
      );
    });
    afterAll(() => said[Symbol.asyncDispose]());

    test.each([
      ["Atlas", {}, ["s2:0", "s2:1"]],
      ["Atlas", { perChat: 1 }, ["s2:0"]],
      ["project atlas", {}, ["s2:0", "s2:1"]],
      ["погода", {}, ["s3:0"]],
      ["Москв", {}, ["s3:0"]],
      ["deploy", {}, ["s3:1"]],
      ["weather Moscow", { chatId: "s1" }, ["s1:0"]],
      ["zzz", {}, []],
      ["  ", {}, []],
      ["Atlas", { userId: "user-2" }, []],
    ] as const)("%s %j: %j", async (query, options, expected) => {
      const hits = await said.find(query, options);
      expect(hits.map(({ chatId, turnIndex }) => `${chatId}:${turnIndex}`)).toEqual(expected);
    });
  });

  test("W9: the score of a hit is the same on every database", async () => {
    await using said = await storeWithTurns(database, seed);
    const scores = (await said.find("project atlas")).map(({ turnId, score }) => [turnId, score.toFixed(6)]);
    expect(scores).toEqual([["turn-2", "3.404255"]]);
  });

  test("a question that names the word beats a later turn that only mentions it; a month later it does not", async () => {
    const asked = { question: "How do I sharpen a chisel?", answer: "On a stone.", atMs: 0, chatId: "c1" };
    const mentioned = { question: "What did I buy?", answer: "Nails, a chisel, glue.", chatId: "c2" };
    await using soon = await storeWithTurns(database, [asked, { ...mentioned, atMs: 20 * DAY_MS }]);
    expect((await soon.find("chisel")).map(({ chatId }) => chatId)).toEqual(["c1", "c2"]);
    await using late = await storeWithTurns(database, [asked, { ...mentioned, atMs: 400 * DAY_MS }]);
    expect((await late.find("chisel")).map(({ chatId }) => chatId)).toEqual(["c2", "c1"]);
  });

  test("the title of a chat has what its turns leave out, and is found by itself", async () => {
    await using said = await storeWithTurns(database, [
      { chatId: "c1", title: "Kitchen budget", question: "First things first", answer: "Yes." },
      { chatId: "c1", question: "And the tiles?", answer: "White ones." },
      { chatId: "c2", title: "Garden", question: "Which tiles for the path?", answer: "Slate." },
    ]);
    expect((await said.find("kitchen tiles")).map(({ turnId }) => turnId)).toEqual(["turn-1"]);
    expect((await said.find("budget")).map(({ turnId }) => turnId)).toEqual(["turn-0"]);
  });

  describe("[9] a mistyped word", () => {
    let said: Awaited<ReturnType<typeof storeWithTurns>>;
    beforeAll(async () => {
      said = await storeWithTurns(database, [
        { question: "When is the dentist appointment?", answer: "On Friday." },
        { question: "Напомни про встречу с Анной", answer: "Хорошо." },
        { question: "The form of the from", answer: "" },
        // Nearer to what is mistyped, and somebody else's.
        { question: "An apointn", userId: "user-2", chatId: "chat-2" },
      ]);
    });
    afterAll(() => said[Symbol.asyncDispose]());

    test.each([
      ["dentsit", "turn-0"],
      ["apointmant", "turn-0"],
      ["dentits friday", "turn-0"],
      ["встерча", "turn-1"],
    ])("still finds: %s", async (query, turnId) => {
      expect((await said.find(query)).map((hit) => hit.turnId)).toEqual([turnId]);
    });

    test.each(["dentures", "bentist", '"dentsit"', "anan"])(
      "%s is no slip, so it finds nothing",
      async (query) => {
        expect(await said.find(query)).toEqual([]);
      },
    );

    test("is not looked for when there are exact hits", async () => {
      await using both = await storeWithTurns(database, [
        { question: "a large barn" },
        { question: "a large bran" },
      ]);
      expect((await both.find("barn")).map((hit) => hit.turnId)).toEqual(["turn-0"]);
      expect((await both.find("large barn")).map((hit) => hit.turnId)).toEqual(["turn-0"]);
    });
  });
});
