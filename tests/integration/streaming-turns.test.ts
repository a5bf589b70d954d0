import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createTurnService } from "#server/domain/assistant/turn-service.ts";
import type { Question, TurnEvent, TurnService } from "#server/domain/assistant/turn-types.ts";
import type { Turn } from "#server/domain/chats/ports.ts";
import type { Caller } from "#server/domain/caller.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { collect } from "#tests/doubles/collect.ts";
import { EchoSpeech } from "#tests/doubles/echo-speech.ts";
import { HandDrivenModel } from "#tests/doubles/hand-driven-model.ts";

// The life of an answer against the real store; the model is driven by hand so that every moment can be held.

const logger = { debug() {}, info() {}, warn: vi.fn(), error: vi.fn() };
const ann: Caller = { userId: "ann", clientId: "test", scope: [], anonymous: false };
const bob: Caller = { ...ann, userId: "bob" };
const never = new AbortController().signal;
const messageId = "0190f5d0-0000-7000-8000-000000000001";

let folder: string;
let store: Store;
let model: HandDrivenModel;
let speech: EchoSpeech;
let service: TurnService;
let nowMs: number;
const clock = { nowMs: () => nowMs };

function makeService(ownerId: string): TurnService {
  return createTurnService({
    chats: store.chats,
    turns: store.turns,
    models: model.source(),
    toolsFor: () => [],
    speech,
    clock,
    logger,
    ownerId,
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-turns-"));
  nowMs = 1_000_000;
  store = await openStore({ file: join(folder, "pipit.db"), clock, logger });
  for (const id of ["ann", "bob"]) {
    await store.accounts.create({
      id,
      login: id,
      displayName: id,
      local: false,
      active: true,
      createdAtMs: 0,
    });
  }
  model = new HandDrivenModel();
  speech = new EchoSpeech();
  service = makeService("process-1");
});

afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function question(changes: Partial<Question> = {}): Question {
  return {
    prompt: "Why is the sky blue?",
    clientMessageId: messageId,
    chatId: undefined,
    screenshot: undefined,
    speak: false,
    locale: undefined,
    searchAllChats: false,
    hardwareId: "mac",
    sessionId: "session",
    ...changes,
  };
}

/** Reads an answer in the background; `events` fills as it comes. */
class Reader {
  readonly events: TurnEvent[] = [];
  readonly controller = new AbortController();
  readonly done: Promise<PipitError | undefined>;
  #wake: (() => void)[] = [];

  constructor(asked: Question, caller: Caller = ann, from: TurnService = service) {
    this.done = this.#read(from.answer(asked, caller, this.controller.signal));
  }

  get text(): string {
    return textOf(this.events);
  }

  get audio(): string {
    return audioOf(this.events);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Resolves when the events satisfy the test. */
  async until(satisfied: (reader: Reader) => boolean): Promise<void> {
    while (!satisfied(this)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async #read(answer: AsyncIterable<TurnEvent>): Promise<PipitError | undefined> {
    try {
      for await (const event of answer) {
        this.events.push(event);
        for (const wake of this.#wake.splice(0)) wake();
      }
      return undefined;
    } catch (error) {
      return PipitError.from(error);
    }
  }
}

function textOf(events: readonly TurnEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.text : "")).join("");
}

function audioOf(events: readonly TurnEvent[]): string {
  return events.map((event) => (event.type === "audio" ? new TextDecoder().decode(event.pcm) : "")).join("");
}

async function ask(changes: Partial<Question>, answer: string): Promise<Reader> {
  const index = model.asked.length;
  const reader = new Reader(question(changes));
  const asked = await model.question(index);
  asked.say(answer);
  asked.end();
  expect(await reader.done).toBeUndefined();
  return reader;
}

/** The newest ended turn of Ann's newest chat. */
async function newestTurn(): Promise<Turn | undefined> {
  const [chat] = await store.chats.list("ann", 1);
  return chat === undefined ? undefined : (await store.turns.recent("ann", chat.id, 1))[0];
}

function chatOf(reader: Reader): string {
  const turn = reader.events.find((event) => event.type === "turn");
  if (turn === undefined) throw new Error("no turn event");
  return turn.chatId;
}

describe("one answer", () => {
  test("comes token by token, begins with turn and title, ends with usage and end, and is stored before the end", async () => {
    const reader = new Reader(question());
    const asked = await model.question(0);
    asked.say("Because ");
    await reader.until(({ text }) => text === "Because ");
    asked.parts.push({ type: "tool", callId: "1", name: "time", state: "done", summary: "12:00" });
    asked.say("of Rayleigh.");
    await reader.until(({ text }) => text.endsWith("Rayleigh."));
    expect(reader.types()).toEqual(["turn", "title", "text", "tool", "text"]);
    asked.parts.push({ type: "usage", inputTokens: 12, outputTokens: 5 });
    asked.end();
    expect(await reader.done).toBeUndefined();
    expect(reader.events.slice(-2)).toEqual([
      { type: "usage", inputTokens: 12, outputTokens: 5, model: "hand" },
      { type: "end" },
    ]);
    expect(reader.events[1]).toEqual({ type: "title", title: "Why is the sky blue?" });
    const [turn] = await store.turns.recent("ann", chatOf(reader), 1);
    expect(turn).toMatchObject({
      status: "done",
      assistantText: "Because of Rayleigh.",
      model: "hand",
      outputTokens: 5,
    });
  });

  test("the model gets who Pipit is, the earlier turns and the question", async () => {
    const chatId = chatOf(await ask({}, "Rayleigh."));
    const second = await ask(
      { chatId, clientMessageId: undefined, prompt: "А почему закат красный?" },
      "Тоже.",
    );
    const messages = model.asked[1]?.request.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
    expect(messages[0]?.text).toContain("Ты — Pipit");
    expect(messages.slice(1).map(({ text }) => text)).toEqual([
      "Why is the sky blue?",
      "Rayleigh.",
      "А почему закат красный?",
    ]);
    expect(second.types()).not.toContain("title");
  });

  test("the picture reaches the model scaled, and a broken one leaves no turn behind", async () => {
    const { default: sharp } = await import("sharp");
    const png = await sharp({ create: { width: 2_000, height: 100, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const reader = await ask({ screenshot: png }, "Red.");
    const image = model.asked[0]?.request.messages.at(-1)?.image;
    expect(await sharp(image).metadata()).toMatchObject({ format: "jpeg", width: 1568 });
    expect((await store.turns.recent("ann", chatOf(reader), 1))[0]?.hadImage).toBe(true);

    const broken = new Reader(question({ clientMessageId: undefined, screenshot: png.subarray(0, 60) }));
    expect(await broken.done).toMatchObject({ code: "SCREENSHOT_INVALID", field: "screenshot" });
    expect(await store.chats.list("ann", 10)).toHaveLength(1);
  });

  test("another person's chat is CHAT_NOT_FOUND", async () => {
    const chatId = chatOf(await ask({}, "Yes."));
    const reader = new Reader(question({ chatId }), bob);
    expect(await reader.done).toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(model.asked).toHaveLength(1);
  });

  test("a model failure half way reaches the reader after the text and is stored with it", async () => {
    const reader = new Reader(question());
    const asked = await model.question(0);
    asked.say("Half");
    asked.parts.fail(new PipitError("MODEL_FAILED", "The model crashed."));
    expect(await reader.done).toMatchObject({ code: "MODEL_FAILED" });
    expect(reader.text).toBe("Half");
    const [turn] = await store.turns.recent("ann", chatOf(reader), 1);
    expect(turn).toMatchObject({ status: "failed", assistantText: "Half" });
  });

  test("a model that says nothing has failed", async () => {
    const reader = new Reader(question());
    (await model.question(0)).end();
    expect(await reader.done).toMatchObject({
      code: "MODEL_FAILED",
      message: expect.stringContaining("empty answer"),
    });
  });

  test("no model: the turn is stored as failed and the same message may be sent again", async () => {
    model.refusal = new PipitError("MODEL_UNREACHABLE", "Ollama is not running.");
    const first = new Reader(question());
    expect(await first.done).toMatchObject({ code: "MODEL_UNREACHABLE" });
    model.refusal = undefined;
    const again = await ask({}, "Now.");
    expect(again.events[0]).toEqual({ ...first.events[0], replayed: false });
    expect(await store.chats.list("ann", 10)).toHaveLength(1);
  });

  test("an endless answer is cut and says so", async () => {
    const reader = new Reader(question());
    const asked = await model.question(0);
    asked.say(...Array.from({ length: 150 }, () => "x".repeat(65_536)));
    expect(await reader.done).toBeUndefined();
    expect(reader.text).toHaveLength(8_388_608);
    expect(reader.events.find((event) => event.type === "notice")).toMatchObject({ code: "ANSWER_CUT" });
  });
});

describe("the same message twice", () => {
  test("at once: the model is asked once and both get all of it", async () => {
    const readers = [new Reader(question()), new Reader(question()), new Reader(question())];
    const asked = await model.question(0);
    asked.say("One ", "answer.");
    asked.end();
    for (const reader of readers) {
      expect(await reader.done).toBeUndefined();
      expect(reader.text).toBe("One answer.");
      expect(reader.events[0]).toMatchObject({ type: "turn", replayed: false });
    }
    expect(model.asked).toHaveLength(1);
  });

  test("while it runs: the late one gets what was said so far, then the rest", async () => {
    const first = new Reader(question());
    const asked = await model.question(0);
    asked.say(...Array.from({ length: 100 }, (_, index) => `${index} `));
    await first.until(({ text }) => text.endsWith("99 "));
    const late = new Reader(question());
    await late.until(({ text }) => text.endsWith("99 "));
    asked.say("end");
    asked.end();
    await Promise.all([first.done, late.done]);
    expect(late.text).toBe(first.text);
    expect(late.types().slice(0, 2)).toEqual(["turn", "title"]);
    expect(model.asked).toHaveLength(1);
  });

  test("the first one drops out: the answer goes on for the second", async () => {
    const first = new Reader(question());
    const asked = await model.question(0);
    asked.say("Go ");
    await first.until(({ text }) => text === "Go ");
    const second = new Reader(question());
    await second.until(({ text }) => text === "Go ");
    first.controller.abort();
    expect(await first.done).toMatchObject({ code: "CANCELLED" });
    expect(asked.signal.aborted).toBe(false);
    asked.say("on.");
    asked.end();
    expect(await second.done).toBeUndefined();
    expect(second.text).toBe("Go on.");
  });

  test("finished: it is replayed from storage, in pieces, and spoken again", async () => {
    const answer = "A sentence of the answer. ".repeat(40);
    const first = await ask({}, answer);
    const again = new Reader(question({ speak: true }));
    expect(await again.done).toBeUndefined();
    expect(again.events[0]).toEqual({ ...first.events[0], replayed: true });
    expect(again.text).toBe(answer);
    expect(again.types().filter((type) => type === "text").length).toBeGreaterThan(3);
    expect(again.audio).toBe(answer);
    expect(again.events.at(-1)).toEqual({ type: "end" });
    expect(model.asked).toHaveLength(1);
  });

  test("cancelled: it runs again under the same turn id, even when it comes at the very moment of the cancel", async () => {
    const first = new Reader(question());
    (await model.question(0)).say("Half");
    await first.until(({ text }) => text === "Half");
    first.controller.abort();
    const again = await ask({}, "Whole.");
    expect(again.events[0]).toEqual(first.events[0]);
    expect(again.text).toBe("Whole.");
    const turns = await store.turns.recent("ann", chatOf(again), 10);
    expect(turns.map(({ status, assistantText }) => [status, assistantText])).toEqual([["done", "Whole."]]);
  });

  test("another person's same id is another message", async () => {
    const readers = [new Reader(question()), new Reader(question(), bob)];
    for (const index of [0, 1]) {
      const asked = await model.question(index);
      asked.say("Hi.");
      asked.end();
    }
    await Promise.all(readers.map(({ done }) => done));
    expect(chatOf(readers[0]!)).not.toBe(chatOf(readers[1]!));
  });

  test("running in another process: TURN_RUNNING_ELSEWHERE until its lease runs out", async () => {
    await using other = makeService("process-2");
    const theirs = new Reader(question(), ann, other);
    await model.question(0);
    const here = new Reader(question());
    expect(await here.done).toMatchObject({ code: "TURN_RUNNING_ELSEWHERE", retryAfterMs: 2_000 });
    nowMs += 31_000;
    const taken = await ask({}, "Mine now.");
    expect(taken.text).toBe("Mine now.");
    theirs.controller.abort();
    await theirs.done;
  });

  test("a turn of ours that nobody answers any more is taken up again", async () => {
    const finish = vi
      .spyOn(store.turns, "finish")
      .mockRejectedValueOnce(new PipitError("STORAGE_FULL", "The disk is full."));
    const reader = new Reader(question());
    const asked = await model.question(0);
    asked.say("Lost.");
    asked.end();
    expect(await reader.done).toMatchObject({ code: "STORAGE_FULL" });
    finish.mockRestore();
    expect((await ask({}, "Kept.")).text).toBe("Kept.");
  });

  test("leases are renewed while an answer runs, and not after", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const renew = vi.spyOn(store.turns, "renewLeases");
      const reader = new Reader(question());
      const asked = await model.question(0);
      vi.advanceTimersByTime(25_000);
      expect(renew.mock.calls).toEqual([
        ["process-1", nowMs + 30_000],
        ["process-1", nowMs + 30_000],
      ]);
      asked.say("Done.");
      asked.end();
      await reader.done;
      await Promise.resolve();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("stopping", () => {
  test("the last listener leaves: model and speech stop within 100 ms, the partial text is stored as cancelled", async () => {
    const reader = new Reader(question({ speak: true }));
    const asked = await model.question(0);
    asked.say("Half ");
    await reader.until(({ audio }) => audio === "Half ");
    const started = performance.now();
    reader.controller.abort();
    expect(asked.signal.aborted).toBe(true);
    expect(speech.runs[0]?.signal.aborted).toBe(true);
    expect(await reader.done).toMatchObject({ code: "CANCELLED" });
    expect(performance.now() - started).toBeLessThan(100);
    await service.drain(never);
    const [turn] = await store.turns.recent("ann", chatOf(reader), 1);
    expect(turn).toMatchObject({ status: "cancelled", assistantText: "Half " });
  });

  test("leaving the loop is a cancel too", async () => {
    const answer = service.answer(question(), ann, never);
    const reading = (async () => {
      for await (const event of answer) if (event.type === "text") break;
    })();
    const asked = await model.question(0);
    asked.say("Enough.");
    await reading;
    expect(asked.signal.aborted).toBe(true);
  });

  test("interrupt stops one's own answers on that machine and nothing else", async () => {
    const mine = new Reader(question({ sessionId: "s-1" }));
    (await model.question(0)).say("...");
    const elsewhere = new Reader(question({ clientMessageId: undefined, hardwareId: "pc" }));
    (await model.question(1)).say("...");
    const theirs = new Reader(question(), bob);
    (await model.question(2)).say("...");
    await Promise.all([mine, elsewhere, theirs].map((reader) => reader.until(({ text }) => text === "...")));
    expect(service.interrupt("ann", "nothing-here")).toEqual([]);
    expect(service.interrupt("ann", "mac")).toEqual(["s-1"]);
    expect(await mine.done).toMatchObject({ code: "CANCELLED", message: "This answer was interrupted." });
    for (const index of [1, 2]) model.asked[index]?.end();
    expect(await elsewhere.done).toBeUndefined();
    expect(await theirs.done).toBeUndefined();
    expect(service.interrupt("ann", "mac")).toEqual([]);
  });

  test("drain lets the running answer end, takes no new one, and gives up the rest when told", async () => {
    const quick = new Reader(question());
    const first = await model.question(0);
    first.say("Quick.");
    const slow = new Reader(question({ clientMessageId: undefined }));
    (await model.question(1)).say("Slow");
    await slow.until(({ text }) => text === "Slow");
    const patience = new AbortController();
    const drained = service.drain(patience.signal);
    expect(await new Reader(question({ clientMessageId: undefined })).done).toMatchObject({
      code: "SERVER_STOPPING",
    });
    first.end();
    expect(await quick.done).toBeUndefined();
    patience.abort();
    expect(await slow.done).toMatchObject({ code: "SERVER_STOPPING" });
    await drained;
    const [turn] = await store.turns.recent("ann", chatOf(slow), 1);
    expect(turn).toMatchObject({ status: "failed", assistantText: "Slow" });
  });
});

describe("speech", () => {
  test("runs beside the text and ends the stream; the text does not wait for it", async () => {
    const gate = Promise.withResolvers<void>();
    speech.gate = gate.promise;
    const reader = new Reader(question({ speak: true, locale: "en-GB" }));
    const asked = await model.question(0);
    asked.say("All ", "of it.");
    asked.end();
    await reader.until((read) => read.types().includes("usage"));
    expect(reader.audio).toBe("");
    const [turn] = await store.turns.recent("ann", chatOf(reader), 1);
    expect(turn?.status).toBe("done");
    gate.resolve();
    expect(await reader.done).toBeUndefined();
    expect(reader.audio).toBe("All of it.");
    expect(reader.types().slice(-2)).toEqual(["audio", "end"]);
    expect(speech.runs[0]?.options.locale).toBe("en-GB");
  });

  test("fails: the text goes on and one notice is sent, in the person's language", async () => {
    speech.failure = new Error("espeak-ng died");
    const reader = new Reader(question({ speak: true, prompt: "Почему?" }));
    const asked = await model.question(0);
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
    speech.notice = { type: "notice", code: "NO_VOICE", text: "No voice." };
    const reader = await ask({ speak: true }, "Text.");
    expect(reader.events).toContainEqual(speech.notice);
    expect(reader.events.at(-1)).toEqual({ type: "end" });
  });

  test("is made only when somebody wants it, from the moment they come, and stops when they leave", async () => {
    const silent = new Reader(question());
    const asked = await model.question(0);
    asked.say("Before. ");
    await silent.until(({ text }) => text === "Before. ");
    expect(speech.runs).toHaveLength(0);
    const listening = new Reader(question({ speak: true }));
    await listening.until(({ text }) => text === "Before. ");
    asked.say("After.");
    await listening.until(({ audio }) => audio === "After.");
    expect(silent.audio).toBe("");
    listening.controller.abort();
    await listening.done;
    expect(speech.runs[0]?.signal.aborted).toBe(true);
    asked.say(" End.");
    asked.end();
    expect(await silent.done).toBeUndefined();
    expect(silent.text).toBe("Before. After. End.");
    expect(speech.runs).toHaveLength(1);
  });
});

describe("a slow listener", () => {
  test.each([0, 30])(
    "holds the model back, and after two seconds gets its text merged (%i read meanwhile)",
    async (reads) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const answer = service.answer(question(), ann, never)[Symbol.asyncIterator]();
        const first = await answer.next();
        expect(first.value).toMatchObject({ type: "turn" });
        const asked = await model.question(0);
        const words = Array.from({ length: 1_000 }, (_, index) => `${index} `);
        asked.say(...words);
        asked.end();
        await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1), { interval: 1 });
        const events: TurnEvent[] = [];
        for (let index = 0; index < reads; index += 1) {
          const { value } = await answer.next();
          if (value !== undefined) events.push(value);
        }
        vi.advanceTimersByTime(2_000);
        await vi.waitFor(async () => expect((await newestTurn())?.status).toBe("done"));
        events.push(...(await collect({ [Symbol.asyncIterator]: () => answer })));
        expect(textOf(events)).toBe(words.join(""));
        expect(events.filter(({ type }) => type === "text").length).toBeLessThan(150);
        expect(events.at(-1)).toEqual({ type: "end" });
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test("one that reads steadily gets every token by itself", async () => {
    const reader = new Reader(question());
    const asked = await model.question(0);
    asked.say(...Array.from({ length: 2_000 }, () => "tok "));
    asked.end();
    expect(await reader.done).toBeUndefined();
    expect(reader.types().filter((type) => type === "text")).toHaveLength(2_000);
  });

  test("no more speech is made than the fastest listener takes", async () => {
    const answer = service.answer(question({ speak: true }), ann, never)[Symbol.asyncIterator]();
    await answer.next();
    const asked = await model.question(0);
    asked.say(...Array.from({ length: 60 }, (_, index) => `${index} `));
    asked.end();
    await vi.waitFor(async () => expect((await newestTurn())?.status).toBe("done"));
    expect(speech.runs[0]?.text.split(" ").length).toBeLessThan(15);
    const rest = await collect({ [Symbol.asyncIterator]: () => answer });
    expect(audioOf(rest)).toBe(textOf(rest));
  });
});
