import { afterAll, describe, expect, test } from "vitest";
import type { AnswerPart, AnswerRequest } from "../ports.ts";
import { createAssistantTools } from "../tools/assistant-tools.ts";
import { createCalculator } from "../tools/calculator.ts";
import { memoryTurns, turnOf } from "../tools/tools-test-kit.ts";
import { createBuiltInModel } from "./built-in-model.ts";

const never = new AbortController().signal;
const clock = { nowMs: () => Date.UTC(2026, 10, 21, 13, 5) };
const calculator = createCalculator();
afterAll(() => calculator[Symbol.asyncDispose]());

const { store } = memoryTurns([
  turnOf("c1", 0, "the boiler is a Vaillant"),
  turnOf("c2", 0, "the boiler man comes on Monday"),
  turnOf("c2", 1, "why is the sky blue?"),
]);

function request(text: string, more: Partial<AnswerRequest> & { image?: Uint8Array } = {}): AnswerRequest {
  const { image, locale = "en-GB", ...rest } = more;
  const tools = createAssistantTools({ turns: store, clock, userId: "u1", chatId: "c9", locale, calculator });
  const question = { role: "user" as const, text, ...(image === undefined ? {} : { images: [image] }) };
  return { messages: [{ role: "system", text: "Be brief." }, question], tools, locale, ...rest };
}

async function answer(asked: AnswerRequest) {
  const parts: AnswerPart[] = [];
  for await (const part of createBuiltInModel({ clock }).answer(asked, never)) parts.push(part);
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const tools = parts.flatMap((part) => (part.type === "tool" ? [`${part.name} ${part.state}`] : []));
  return { parts, text, tools };
}

describe("the built-in responder", () => {
  test("is called built-in and says that it is no language model, and how to get one", async () => {
    expect(createBuiltInModel({ clock }).name).toBe("built-in");
    for (const [question, not] of [
      ["what can you do?", /not a language model/],
      ["что ты умеешь?", /не языковая модель/],
    ] as const) {
      const { text } = await answer(request(question));
      expect(text).toMatch(not);
      expect(text).toContain("ollama pull llama3.2");
      expect(text).toContain("PIPIT_MODEL_URL");
    }
  });

  test("streams in word pieces that join to the whole text", async () => {
    const { parts, text } = await answer(request("hello"));
    expect(parts.length).toBeGreaterThan(10);
    expect(parts.every((part) => part.type === "text" && /^\s*\S+$/.test(part.text))).toBe(true);
    expect(text).toMatch(/^Hello! No language model is connected yet/);
  });

  test.each([
    ["what is 12% of 240?", "12% of 240 = 28.8"],
    ["2+2*3", "2+2*3 = 8"],
    ["сколько будет 7*8", "7*8 = 56"],
  ])("calculates: %s", async (question, expected) => {
    const { text, tools } = await answer(request(question));
    expect(text).toBe(expected);
    expect(tools).toEqual(["calculator started", "calculator done"]);
  });

  test("says why a sum cannot be done", async () => {
    const { text, tools } = await answer(request("convert 5 km to kg"));
    expect(text).toMatch(/^I cannot calculate "5 km to kg": Units do not match/);
    expect(tools).toEqual(["calculator started", "calculator failed"]);
  });

  test.each([
    ["what time is it in Tokyo?", "en-US", "It is Saturday, November 21, 2026 at 10:05 PM (Asia/Tokyo)."],
    ["what time is it in Tokyo?", "de", "It is Saturday, 21 November 2026 at 22:05 (Asia/Tokyo)."],
    ["который час в Москве?", "en", "Сейчас суббота, 21 ноября 2026 г. в 16:05 (Europe/Moscow)."],
  ])("tells the time: %s", async (question, locale, expected) => {
    const { text, tools } = await answer(request(question, { locale }));
    expect(text.replace(/\s/g, " ")).toBe(expected);
    expect(tools).toEqual(["current_time started", "current_time done"]);
  });

  test("tells the date, and admits that it does not know a place", async () => {
    expect((await answer(request("what day is it?"))).text).toContain("21 November 2026");
    const { text, tools } = await answer(request("what time is it in Atlantis?"));
    expect(text).toContain('the time zone of "Atlantis"');
    expect(tools).toEqual([]);
  });

  test("searches all chats of the person", async () => {
    const { text, tools } = await answer(request("what did we say about boiler?"));
    expect(text).toBe(
      [
        'I found 2 messages about "boiler":',
        "- Chat c1, 1 Nov 2026: the boiler is a Vaillant",
        "- Chat c2, 1 Nov 2026: the boiler man comes on Monday",
      ].join("\n"),
    );
    expect(tools).toEqual(["search_chat_history started", "search_chat_history done"]);
    expect((await answer(request("найди чайник"))).text).toBe("В ваших чатах ничего не нашлось о «чайник».");
  });

  test("searches only this chat when the person wants that, and says so", async () => {
    const tools = createAssistantTools({
      turns: store,
      clock,
      userId: "u1",
      chatId: "c9",
      searchAllChats: false,
      locale: "en",
      calculator,
    });
    expect((await answer(request("find boiler", { tools }))).text).toBe(
      'I found nothing about "boiler" in this chat.',
    );
  });

  test("does not know the rest, but shows what was once said about it", async () => {
    const unknown = await answer(request("write a poem about autumn"));
    expect(unknown.text).toMatch(/^I cannot answer that: no language model is connected/);
    const known = await answer(request("why is the sky blue?"));
    expect(known.text).toMatch(
      /no language model is connected\. But .*\n- Chat c2, .*: why is the sky blue\?$/,
    );
    expect((await answer(request("напиши стихи"))).text).toMatch(/языковая модель не подключена/);
    expect((await answer(request(""))).tools).toEqual([]);
  });

  test("admits that it cannot look at pictures", async () => {
    const image = new Uint8Array([0xff, 0xd8, 0xff]);
    const about = await answer(request("what is on my screen?", { image }));
    expect(about.text).toMatch(/^I cannot look at pictures without .*ollama pull llama3\.2/);
    expect((await answer(request("2+2", { image }))).text).toMatch(/^I cannot look at pictures.*2\+2 = 4$/);
    expect((await answer(request("", { image, locale: "ru" }))).text).toMatch(/не могу смотреть на картинки/);
  });

  test("without its tools it stays honest", async () => {
    expect((await answer(request("find boiler", { tools: [] }))).text).toContain("could not search");
    expect((await answer(request("2+2", { tools: [] }))).text).toContain("I cannot calculate");
    expect((await answer(request("what time is it in Tokyo?", { tools: [] }))).text).toContain("22:05");
  });

  test("stops in the middle of a word stream, and inside a tool", async () => {
    const stop = new AbortController();
    const talking = iterate(request("help"), stop.signal);
    await talking.next();
    stop.abort();
    await expect(talking.next()).rejects.toMatchObject({ code: "CANCELLED" });

    const stopTool = new AbortController();
    const sum = iterate(request("factorial(10^9)"), stopTool.signal);
    expect((await sum.next()).value).toMatchObject({ state: "started" });
    const next = sum.next();
    stopTool.abort();
    await expect(next).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

function iterate(asked: AnswerRequest, signal: AbortSignal): AsyncIterator<AnswerPart> {
  const parts = createBuiltInModel({ clock }).answer(asked, signal);
  return parts[Symbol.asyncIterator]();
}
