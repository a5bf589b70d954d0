import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TurnEvent } from "#server/domain/assistant/turn-types.ts";
import { collect } from "#tests/doubles/collect.ts";
import { ann, audioOf, chatOf, openTurnStage, question, textOf, type TurnStage } from "./turn-stage.ts";

// Speech beside the text, and listeners that take their time, against the real store.

const never = new AbortController().signal;
/** The limit is for what never comes. */
const untilSo = { timeout: 30_000, interval: 1 } as const;

let stage: TurnStage;

beforeEach(async () => {
  stage = await openTurnStage();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("speech", () => {
  test("runs beside the text and ends the stream; the text does not wait for it", async () => {
    const gate = Promise.withResolvers<void>();
    stage.speech.gate = gate.promise;
    const reader = stage.read(question({ speak: true, locale: "en-GB" }));
    const asked = await stage.model.question(0);
    asked.say("All ", "of it.");
    asked.end();
    await reader.until((read) => read.types().includes("usage"));
    expect(reader.audio).toBe("");
    const [turn] = await stage.store.turns.recent("ann", chatOf(reader), 1);
    expect(turn?.status).toBe("done");
    gate.resolve();
    expect(await reader.done).toBeUndefined();
    expect(reader.audio).toBe("All of it.");
    expect(reader.types().slice(-2)).toEqual(["audio", "end"]);
    expect(stage.speech.runs[0]?.options.locale).toBe("en-GB");
  });

  test("F13: reasoning is never spoken, and text that turns out to be some no further", async () => {
    const reader = stage.read(question({ speak: true, locale: "en" }));
    const asked = await stage.model.question(0);
    asked.parts.push({ type: "reasoning", text: "Hm. ", takesText: false });
    asked.say("They ask. ");
    await reader.until((read) => read.audio === "They ask. ");
    asked.parts.push({ type: "reasoning", text: "", takesText: true });
    asked.say("Scattering.");
    asked.end();
    expect(await reader.done).toBeUndefined();
    expect(stage.speech.runs.map(({ text }) => text)).toEqual(["They ask. ", "Scattering."]);
    expect(reader.audio).toBe("They ask. Scattering.");
  });

  test("fails: the text goes on and one notice is sent, in the person's language", async () => {
    stage.speech.failure = new Error("espeak-ng died");
    const reader = stage.read(question({ speak: true, prompt: "Почему?" }));
    const asked = await stage.model.question(0);
    asked.say("Потому ");
    await reader.until((read) => read.types().includes("notice"));
    asked.say("что.");
    asked.end();
    expect(await reader.done).toBeUndefined();
    expect(reader.text).toBe("Потому что.");
    const notices = reader.events.filter((event) => event.type === "notice");
    expect(notices).toMatchObject([{ code: "SPEECH_FAILED", text: expect.stringContaining("Голос") }]);
  });

  test("no voice for the language: what the speech service says is passed on", async () => {
    stage.speech.notice = { type: "notice", code: "NO_VOICE", text: "No voice." };
    const reader = await stage.ask({ speak: true }, "Text.");
    expect(reader.events).toContainEqual(stage.speech.notice);
    expect(reader.events.at(-1)).toEqual({ type: "end" });
  });

  test("is made only when somebody wants it, from the moment they come, and stops when they leave", async () => {
    const silent = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say("Before. ");
    await silent.until(({ text }) => text === "Before. ");
    expect(stage.speech.runs).toHaveLength(0);
    const listening = stage.read(question({ speak: true }));
    await listening.until(({ text }) => text === "Before. ");
    asked.say("After.");
    await listening.until(({ audio }) => audio === "After.");
    expect(silent.audio).toBe("");
    listening.controller.abort();
    await listening.done;
    expect(stage.speech.runs[0]?.signal.aborted).toBe(true);
    asked.say(" End.");
    asked.end();
    expect(await silent.done).toBeUndefined();
    expect(silent.text).toBe("Before. After. End.");
    expect(stage.speech.runs).toHaveLength(1);
  });
});

describe("a slow listener", () => {
  test.each([0, 30])(
    "holds the model back, and after two seconds gets its text merged (%i read meanwhile)",
    async (reads) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const answer = stage.service.answer(question(), ann, never)[Symbol.asyncIterator]();
        const first = await answer.next();
        expect(first.value).toMatchObject({ type: "turn" });
        const asked = await stage.model.question(0);
        const words = Array.from({ length: 1_000 }, (_, index) => `${index} `);
        asked.say(...words);
        asked.end();
        await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1), untilSo);
        const events: TurnEvent[] = [];
        for (let index = 0; index < reads; index += 1) {
          const { value } = await answer.next();
          if (value !== undefined) events.push(value);
        }
        vi.advanceTimersByTime(2_000);
        await vi.waitFor(async () => expect((await stage.newestTurn())?.status).toBe("done"), untilSo);
        events.push(...(await collect({ [Symbol.asyncIterator]: () => answer })));
        expect(textOf(events)).toBe(words.join(""));
        expect(events.filter(({ type }) => type === "text").length).toBeLessThan(150);
        expect(events.at(-1)).toEqual({ type: "end" });
        await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0), untilSo);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test("one that reads steadily gets every token by itself", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say(...Array.from({ length: 2_000 }, () => "tok "));
    asked.end();
    expect(await reader.done).toBeUndefined();
    expect(reader.types().filter((type) => type === "text")).toHaveLength(2_000);
  });

  test("no more speech is made than the fastest listener takes", async () => {
    const answer = stage.service.answer(question({ speak: true }), ann, never)[Symbol.asyncIterator]();
    await answer.next();
    const asked = await stage.model.question(0);
    asked.say(...Array.from({ length: 60 }, (_, index) => `${index} `));
    asked.end();
    await vi.waitFor(async () => expect((await stage.newestTurn())?.status).toBe("done"), untilSo);
    expect(stage.speech.runs[0]?.text.split(" ").length).toBeLessThan(15);
    const rest = await collect({ [Symbol.asyncIterator]: () => answer });
    expect(audioOf(rest)).toBe(textOf(rest));
  });
});
