import { describe, expect, test } from "vitest";
import { toExpression } from "./expressions.ts";
import { recognize } from "./intents.ts";
import { timeZoneOf } from "./places.ts";
import { limitMs } from "#tests/testing/test-size.ts";

describe("search", () => {
  test.each([
    ["what did we say about the garden?", "the garden"],
    ["What did I tell... no, what have we decided on pricing", "pricing"],
    ["When did we talk about Rome?", "Rome"],
    ["find flight number", "flight number"],
    ["Find my flight number!", "my flight number"],
    ["search for 'blue paint'", "blue paint"],
    ["search my chats for blue paint", "blue paint"],
    ["look up the wifi password", "the wifi password"],
    ["do you remember my birthday?", "my birthday"],
    ["найди рецепт борща", "рецепт борща"],
    ["Поищи в истории про отпуск", "отпуск"],
    ["Что мы говорили о бюджете?", "бюджете"],
    ["когда мы обсуждали поездку в Рим?", "поездку в Рим"],
    ["где я писал о Риме?", "Риме"],
    ["о чём мы договорились насчёт отпуска?", "отпуска"],
    ["помнишь, мы говорили про велосипед?", "велосипед"],
  ])("%s -> %s", (text, query) => {
    expect(recognize(text)).toEqual({ kind: "search", query });
  });
});

describe("sums", () => {
  test.each([
    ["what is 12% of 240", "12% of 240"],
    ["What's 7 times 8?", "7 * 8"],
    ["2+2*3", "2+2*3"],
    ["calculate (1 + 2) ^ 3", "(1 + 2) ^ 3"],
    ["how much is 1,000,000 / 4", "1000000 / 4"],
    ["15 percent of 80", "15% of 80"],
    ["what is the square root of 144?", "sqrt(144)"],
    ["5 squared", "5 ^2"],
    ["5!", "5!"],
    ["convert 5 km to miles", "5 km to miles"],
    ["what is 20 celsius in fahrenheit?", "20 celsius to fahrenheit"],
    ["max(1, 2)", "max(1, 2)"],
    ["сколько будет 7*8", "7*8"],
    ["Сколько будет 12% от 240?", "12% от 240"],
    ["посчитай 3,5 умножить на 2", "3.5 * 2"],
    ["сколько будет 10 разделить на 4", "10 / 4"],
    ["чему равно 2 в степени 10?", "2 ^ 10"],
    ["вычисли 20 процентов от 50", "20% от 50"],
    ["7 х 8", "7*8"],
  ])("%s -> %s", (text, expression) => {
    expect(recognize(text)).toEqual({ kind: "calculate", expression });
  });

  test.each([
    ["2026"],
    ["2026-11-21"],
    ["what is love"],
    ["42 is the answer"],
    ["e"],
    ["+"],
    ["version 2.0 - final"],
  ])("%s is not one", (text) => {
    expect(recognize(text).kind).not.toBe("calculate");
  });

  test("commas part arguments, thousands or decimals", () => {
    expect(toExpression("1,5 + 1")).toBe("1.5 + 1");
    expect(toExpression("1,500 + 1")).toBe("1500 + 1");
    expect(toExpression("max(1,5)")).toBe("max(1,5)");
  });
});

describe("time and date", () => {
  test.each([
    ["what time is it?", undefined],
    ["What's the time", undefined],
    ["time", undefined],
    ["tell me the current time", undefined],
    ["what time is it in Tokyo?", "Tokyo"],
    ["what time is it now in New York", "New York"],
    ["what is the time in London now?", "London"],
    ["который час?", undefined],
    ["сколько времени", undefined],
    ["Сколько сейчас времени?", undefined],
    ["какое сейчас время?", undefined],
    ["который час в Токио?", "Токио"],
    ["сколько времени в Нью-Йорке", "Нью-Йорке"],
  ])("%s asks the time in %s", (text, place) => {
    expect(recognize(text)).toEqual({ kind: "time", place });
  });

  test.each([
    ["what's the date?"],
    ["what is today's date"],
    ["what day is it?"],
    ["what day of the week is it today"],
    ["какое сегодня число?"],
    ["какой сегодня день недели?"],
    ["дата"],
  ])("%s asks the date", (text) => {
    expect(recognize(text)).toEqual({ kind: "date" });
  });

  test.each([
    ["Tokyo", "Asia/Tokyo"],
    ["new york", "America/New_York"],
    ["Europe/Berlin", "Europe/Berlin"],
    ["Москве", "Europe/Moscow"],
    ["Нью-Йорке", "America/New_York"],
    ["UTC", "UTC"],
    ["Atlantis", undefined],
  ])("%s lies in %s", (place, zone) => {
    expect(timeZoneOf(place)).toBe(zone);
  });
});

describe("about itself", () => {
  test.each([
    ["what can you do?", "help"],
    ["help", "help"],
    ["Who are you?", "help"],
    ["are you an AI?", "help"],
    ["что ты умеешь?", "help"],
    ["помощь", "help"],
    ["кто ты?", "help"],
    ["how do I connect a model?", "connect"],
    ["how to install ollama", "connect"],
    ["How can I add a local model to Pipit?", "connect"],
    ["подключи локальную модель сюда", "connect"],
    ["как подключить модель?", "connect"],
    ["установить Ollama", "connect"],
    ["hi", "greeting"],
    ["Good morning!", "greeting"],
    ["привет", "greeting"],
    ["Добрый день!", "greeting"],
    ["thanks!", "thanks"],
    ["спасибо большое", "thanks"],
  ] as const)("%s -> %s", (text, kind) => {
    expect(recognize(text)).toEqual({ kind });
  });
});

describe("anything else", () => {
  test.each([
    ["write a poem about autumn"],
    ["why is the sky blue?"],
    ["напиши стихи про осень"],
    ["This history is long"],
    ["remember to buy milk"],
    ["how do I get an AI girlfriend?"],
    ["add a model class to my Django app"],
    ["как настроить модель в Django?"],
    ["что писать в письме маме?"],
    ["спасибо что живой — кто пел?"],
    ["10/2/2024"],
    [""],
    ["   "],
    ["find"],
    ["🙂"],
    [`find ${"long ".repeat(100)}`],
  ])("%s is unknown", (text) => {
    expect(recognize(text)).toEqual({ kind: "unknown" });
  });

  test("a hostile text does not make the rules crawl", () => {
    const started = performance.now();
    for (const seed of ["what did we say ", "что мы говорили ", "1+", "((((", "time in ", "a "]) {
      recognize(seed.repeat(400).slice(0, 400));
    }
    expect(performance.now() - started).toBeLessThan(limitMs(5_000, 500));
  });
});
