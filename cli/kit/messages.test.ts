import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { messagesFor, type Messages } from "./messages.ts";
import { ToldError } from "./told-error.ts";

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

  test("U15: tell an error in the person's language, with what only its own words name", () => {
    const unreachable = new PipitError("SERVER_UNREACHABLE", "No server at http://127.0.0.1:9.");
    expect(english.error(unreachable)).toBe(unreachable.message);
    expect(russian.error(unreachable)).toMatch(/^Сервер недоступен\. .*\. \(No server at http:\/\/127.*\)$/);
    expect(russian.error(new PipitError("RATE_LIMITED", "Too many."))).toMatch(/^[^a-z]*Pipit[^a-z]*$/);
    expect(russian.error(new PipitError("NO_DISPLAY", "No display."))).toContain("--image");
    expect(russian.error(new ToldError("CHAT_NOT_FOUND", "Чата «7» нет."))).toBe("Чата «7» нет.");
  });

  test("count in both languages", () => {
    expect(english.kept(1)).toContain("The message is kept");
    expect(english.kept(3)).toContain("3 messages are kept");
    expect(russian.waiting(1)).toContain("1 ожидавшее сообщение");
    expect(russian.waiting(3)).toContain("3 ожидавших сообщения");
    expect(russian.waiting(5)).toContain("5 ожидавших сообщений");
  });
});
