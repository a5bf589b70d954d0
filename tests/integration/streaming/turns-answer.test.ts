import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { collectGarbage } from "#server/testing/collect-garbage.ts";
import { ann, bob, chatOf, openTurnStage, question, type Reader, type TurnStage } from "./turn-stage.ts";
import { limitMs } from "#tests/testing/test-size.ts";

// The life of one answer against the real store, and the ways to stop it.

const never = new AbortController().signal;

let stage: TurnStage;

beforeEach(async () => {
  stage = await openTurnStage();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("one answer", () => {
  test("comes token by token, begins with turn and title, ends with usage and end, and is stored before the end", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
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
    const [turn] = await stage.store.turns.recent("ann", chatOf(reader), 1);
    expect(turn).toMatchObject({
      status: "done",
      assistantText: "Because of Rayleigh.",
      model: "hand",
      outputTokens: 5,
    });
  });

  test("the model gets who Pipit is, the earlier turns and the question", async () => {
    const chatId = chatOf(await stage.ask({}, "Rayleigh."));
    const second = await stage.ask(
      { chatId, clientMessageId: undefined, prompt: "А почему закат красный?" },
      "Тоже.",
    );
    const messages = stage.model.asked[1]?.request.messages ?? [];
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
    const reader = await stage.ask({ screenshot: png }, "Red.");
    const image = stage.model.asked[0]?.request.messages.at(-1)?.images?.[0];
    expect(await sharp(image).metadata()).toMatchObject({ format: "jpeg", width: 1568 });
    expect((await stage.store.turns.recent("ann", chatOf(reader), 1))[0]?.hadImage).toBe(true);

    const broken = stage.read(question({ clientMessageId: undefined, screenshot: png.subarray(0, 60) }));
    expect(await broken.done).toMatchObject({ code: "SCREENSHOT_INVALID", field: "screenshot" });
    expect(await stage.store.chats.list("ann", 10)).toHaveLength(1);
  });

  test("no picture is held as it came while the answer is made, and none of a question that joins it", async () => {
    const { default: sharp } = await import("sharp");
    const askWithPicture = async (): Promise<{ reader: Reader; picture: WeakRef<Uint8Array> }> => {
      const red = sharp({ create: { width: 200, height: 100, channels: 3, background: "red" } });
      const screenshot = await red.png().toBuffer();
      return { reader: stage.read(question({ screenshot })), picture: new WeakRef<Uint8Array>(screenshot) };
    };
    const first = await askWithPicture();
    const asked = await stage.model.question(0);
    expect(asked.request.messages.at(-1)?.images).toBeDefined();
    const joined = await askWithPicture();
    await joined.reader.until(({ events }) => events.length > 0);
    const held = () => {
      collectGarbage();
      return [first.picture.deref(), joined.picture.deref()].filter((one) => one !== undefined).length;
    };
    await expect.poll(held).toBe(0);
    asked.say("Red.");
    asked.end();
    expect(await joined.reader.done).toBeUndefined();
    expect(await first.reader.done).toBeUndefined();
    expect(joined.reader.text).toBe("Red.");
  });

  test("another person's chat is CHAT_NOT_FOUND", async () => {
    const chatId = chatOf(await stage.ask({}, "Yes."));
    const reader = stage.read(question({ chatId }), bob);
    expect(await reader.done).toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(stage.model.asked).toHaveLength(1);
  });

  test("a model failure half way reaches the reader after the text and is stored with it", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say("Half");
    asked.parts.fail(new PipitError("MODEL_FAILED", "The model crashed."));
    expect(await reader.done).toMatchObject({ code: "MODEL_FAILED" });
    expect(reader.text).toBe("Half");
    const [turn] = await stage.store.turns.recent("ann", chatOf(reader), 1);
    expect(turn).toMatchObject({ status: "failed", assistantText: "Half" });
  });

  test("a model that says nothing has failed", async () => {
    const reader = stage.read(question());
    (await stage.model.question(0)).end();
    expect(await reader.done).toMatchObject({
      code: "MODEL_FAILED",
      message: expect.stringContaining("empty answer"),
    });
  });

  test("no model: the turn is stored as failed and the same message may be sent again", async () => {
    stage.model.refusal = new PipitError("MODEL_UNREACHABLE", "Ollama is not running.");
    const first = stage.read(question());
    expect(await first.done).toMatchObject({ code: "MODEL_UNREACHABLE" });
    stage.model.refusal = undefined;
    const again = await stage.ask({}, "Now.");
    expect(again.events[0]).toEqual({ ...first.events[0], replayed: false });
    expect(await stage.store.chats.list("ann", 10)).toHaveLength(1);
  });

  test("an endless answer is cut and says so", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say(...Array.from({ length: 150 }, () => "x".repeat(65_536)));
    expect(await reader.done).toBeUndefined();
    expect(reader.text).toHaveLength(8_388_608);
    expect(reader.events.find((event) => event.type === "notice")).toMatchObject({ code: "ANSWER_CUT" });
  });
});

describe("stopping", () => {
  test("the last listener leaves: model and speech stop within 100 ms, the partial text is stored as cancelled", async () => {
    const reader = stage.read(question({ speak: true }));
    const asked = await stage.model.question(0);
    asked.say("Half ");
    await reader.until(({ audio }) => audio === "Half ");
    const started = performance.now();
    reader.controller.abort();
    expect(asked.signal.aborted).toBe(true);
    expect(stage.speech.runs[0]?.signal.aborted).toBe(true);
    expect(await reader.done).toMatchObject({ code: "CANCELLED" });
    expect(performance.now() - started).toBeLessThan(limitMs(10_000, 100));
    await stage.service.drain(never);
    const [turn] = await stage.store.turns.recent("ann", chatOf(reader), 1);
    expect(turn).toMatchObject({ status: "cancelled", assistantText: "Half " });
  });

  test("leaving the loop is a cancel too", async () => {
    const answer = stage.service.answer(question(), ann, never);
    const reading = (async () => {
      for await (const event of answer) if (event.type === "text") break;
    })();
    const asked = await stage.model.question(0);
    asked.say("Enough.");
    await reading;
    expect(asked.signal.aborted).toBe(true);
  });

  test("F13: reasoning is stored beside the answer, told again with it, and never sent back to the model", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say("They ask.");
    asked.parts.push({ type: "reasoning", text: " Physics.", takesText: true });
    asked.say("Scattering.");
    asked.end();
    expect(await reader.done).toBeUndefined();
    expect(await stage.newestTurn()).toMatchObject({
      assistantText: "Scattering.",
      reasoning: "They ask. Physics.",
    });
    const again = stage.read(question());
    expect(await again.done).toBeUndefined();
    expect(again.events.slice(2, 4)).toEqual([
      { type: "reasoning", text: "They ask. Physics.", takesText: false },
      { type: "text", text: "Scattering." },
    ]);
    await stage.ask({ chatId: chatOf(reader), clientMessageId: undefined }, "Yes.");
    expect(JSON.stringify(stage.model.asked[1]?.request.messages)).not.toContain("Physics");
  });

  test("interrupt stops one's own answers on that machine and nothing else", async () => {
    const mine = stage.read(question({ sessionId: "s-1" }));
    (await stage.model.question(0)).say("...");
    const elsewhere = stage.read(question({ clientMessageId: undefined, hardwareId: "pc" }));
    (await stage.model.question(1)).say("...");
    const theirs = stage.read(question(), bob);
    (await stage.model.question(2)).say("...");
    await Promise.all([mine, elsewhere, theirs].map((reader) => reader.until(({ text }) => text === "...")));
    expect(stage.service.interrupt("ann", "nothing-here")).toEqual([]);
    expect(stage.service.interrupt("ann", "mac")).toEqual(["s-1"]);
    expect(await mine.done).toMatchObject({ code: "CANCELLED", message: "This answer was interrupted." });
    for (const index of [1, 2]) stage.model.asked[index]?.end();
    expect(await elsewhere.done).toBeUndefined();
    expect(await theirs.done).toBeUndefined();
    expect(stage.service.interrupt("ann", "mac")).toEqual([]);
  });

  test("drain lets the running answer end, takes no new one, and gives up the rest when told", async () => {
    const quick = stage.read(question());
    const first = await stage.model.question(0);
    first.say("Quick.");
    const slow = stage.read(question({ clientMessageId: undefined }));
    (await stage.model.question(1)).say("Slow");
    await slow.until(({ text }) => text === "Slow");
    const patience = new AbortController();
    const drained = stage.service.drain(patience.signal);
    expect(await stage.read(question({ clientMessageId: undefined })).done).toMatchObject({
      code: "SERVER_STOPPING",
    });
    first.end();
    expect(await quick.done).toBeUndefined();
    patience.abort();
    expect(await slow.done).toMatchObject({ code: "SERVER_STOPPING" });
    await drained;
    const [turn] = await stage.store.turns.recent("ann", chatOf(slow), 1);
    expect(turn).toMatchObject({ status: "failed", assistantText: "Slow" });
  });
});
