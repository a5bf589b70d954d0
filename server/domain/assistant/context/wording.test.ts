import { describe, expect, test } from "vitest";
import { localeOf, systemPrompt, wording } from "./wording.ts";

describe("systemPrompt", () => {
  const noon = Date.UTC(2026, 10, 21, 12);

  test("says who Pipit is, that answers are spoken, and the date, in English by default", () => {
    const prompt = systemPrompt("de", noon);
    expect(prompt).toContain("You are Pipit");
    expect(prompt).toContain("read aloud");
    expect(prompt).toContain("21 November 2026");
  });

  test("is Russian for Russian", () => {
    expect(systemPrompt("ru-RU", noon)).toMatch(/Ты — Pipit[\s\S]*21 ноября 2026/);
    expect(wording("ru").answerCut).toContain("Ответ");
  });
});

describe("localeOf", () => {
  test("what the client says wins", () => {
    expect(localeOf("de-DE", "Привет")).toBe("de-DE");
  });

  test("else the script of the prompt decides", () => {
    expect(localeOf(undefined, "Что такое gRPC?")).toBe("ru");
    expect(localeOf(undefined, "What does «да» mean?")).toBe("en");
    expect(localeOf(undefined, "2 + 2")).toBe("en");
  });
});
