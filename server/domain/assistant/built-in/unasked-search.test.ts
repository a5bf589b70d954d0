import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTemporaryStore, type TemporaryStore } from "#server/testing/temporary-store.ts";
import { beginning, chat, ending } from "#server/testing/turn-store-kit.ts";
import { createAssistantTools } from "../tools/assistant-tools.ts";
import { createCalculator } from "../tools/calculator.ts";
import { createBuiltInModel } from "./built-in-model.ts";

const said = [
  "what day is tomorrow, and what is the man's name?",
  "France is far away",
  "the boilers are Vaillants",
  "что это за день и как мне быть?",
  "мой велосипед стоит в гараже",
  "столица всегда далеко",
];
const calculator = createCalculator();
let temporary: TemporaryStore;

beforeAll(async () => {
  temporary = await openTemporaryStore();
  const { chats, turns } = temporary.store;
  await chats.create(chat);
  for (const [n, userText] of said.entries()) {
    const turnId = `turn-${n}`;
    await turns.begin(beginning({ turnId, userText, clientMessageId: `m-${n}` }));
    await turns.finish(ending({ turnId, assistantText: "Fine." }));
  }
});
afterAll(async () => {
  await calculator[Symbol.asyncDispose]();
  await temporary[Symbol.asyncDispose]();
});

async function answer(question: string): Promise<string> {
  const { store, clock } = temporary;
  const locale = "en";
  const tools = createAssistantTools({
    turns: store.turns,
    clock,
    userId: chat.userId,
    chatId: "chat-2",
    locale,
    calculator,
  });
  let text = "";
  const messages = [{ role: "user" as const, text: question }];
  for await (const part of createBuiltInModel({ clock }).answer(
    { messages, tools, locale },
    new AbortController().signal,
  )) {
    if (part.type === "text") text += part.text;
  }
  return text;
}

describe("U14 without a model, what no rule knows", () => {
  test.each([
    ["what is the capital of France?", /^I cannot answer that: no language model is connected/],
    ["what is this?", /^I cannot answer that: no language model/],
    ["who is the man on the moon?", /^I cannot answer that: no language model/],
    ["какая столица у Франции?", /^На это я ответить не могу: языковая модель не подключена/],
    ["что это такое и как быть?", /^На это я ответить не могу/],
  ])("is said honestly when an old chat shares only some of the words: %s", async (question, honest) => {
    expect(await answer(question)).toMatch(honest);
  });

  test.each([
    ["what about the boiler?", "the boilers are Vaillants"],
    ["где мой велосипед", "мой велосипед стоит в гараже"],
    ["напомни про велосипед в гараж", "мой велосипед стоит в гараже"],
  ])("is shown from an old chat that is about all of it: %s", async (question, found) => {
    expect(await answer(question)).toContain(found);
  });
});
