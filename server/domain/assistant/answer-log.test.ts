import { describe, expect, test } from "vitest";
import { AnswerLog } from "./answer-log.ts";

describe("AnswerLog", () => {
  test("keeps the order of text and other events, folding tokens and leaving out audio", () => {
    const log = new AnswerLog();
    log.add({ type: "turn", chatId: "c", turnId: "t", replayed: false });
    for (let index = 0; index < 100; index += 1) log.add({ type: "text", text: `${index} ` });
    log.add({ type: "audio", pcm: new Uint8Array(4) });
    log.add({ type: "notice", code: "X", text: "x" });
    log.add({ type: "text", text: "end" });
    const expected = Array.from({ length: 100 }, (_, index) => `${index} `).join("");
    const snapshot = log.snapshot();
    expect(snapshot.map(({ type }) => type)).toEqual(["turn", "text", "notice", "text"]);
    expect(log.pieces("text").join("")).toBe(`${expected}end`);
    expect(log.chars).toBe(expected.length + 3);
  });

  test("a snapshot does not grow with the log", () => {
    const log = new AnswerLog();
    log.add({ type: "text", text: "a" });
    const snapshot = log.snapshot();
    log.add({ type: "title", title: "b" });
    expect(snapshot).toEqual([{ type: "text", text: "a" }]);
  });

  test("F13: keeps reasoning apart from the text, and moves text that turns out to be some", () => {
    const log = new AnswerLog();
    log.add({ type: "reasoning", text: "a", takesText: false });
    log.add({ type: "text", text: "Let me see. " });
    log.add({ type: "tool", callId: "1", name: "clock", state: "done", summary: "noon" });
    log.add({ type: "text", text: "b" });
    log.add({ type: "reasoning", text: "c", takesText: true });
    log.add({ type: "text", text: "Noon." });
    expect(log.pieces("text").join("")).toBe("Let me see. Noon.");
    expect(log.pieces("reasoning").join("")).toBe("abc");
    expect(log.snapshot().map(({ type }) => type)).toEqual([
      "reasoning",
      "text",
      "tool",
      "reasoning",
      "text",
    ]);
  });
});
