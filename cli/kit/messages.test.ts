import { describe, expect, test } from "vitest";
import { messagesFor, type Messages } from "./messages.ts";

const english = messagesFor("en-GB");
const russian = messagesFor("ru-RU");

describe("the messages", () => {
  test("are English unless the language is Russian", () => {
    expect(messagesFor("de")).toBe(english);
    expect(messagesFor("ru")).toBe(russian);
    expect(russian).not.toBe(english);
  });

  test("are really translated", () => {
    for (const key of Object.keys(english) as (keyof Messages)[]) {
      const value = russian[key];
      if (typeof value !== "string") continue;
      expect(value, key).toMatch(/[а-яё]/i);
    }
  });

  test("count in both languages", () => {
    expect(english.kept(1)).toContain("The message is kept");
    expect(english.kept(3)).toContain("3 messages are kept");
    expect(russian.waiting(1)).toContain("1 ожидавшее сообщение");
    expect(russian.waiting(3)).toContain("3 ожидавших сообщения");
    expect(russian.waiting(5)).toContain("5 ожидавших сообщений");
  });
});
