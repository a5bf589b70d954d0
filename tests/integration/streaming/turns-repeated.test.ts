import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { ann, bob, chatOf, openTurnStage, question, type TurnStage } from "./turn-stage.ts";

// The same message more than once, against the real store: answered once, whichever device asks and whenever.

let stage: TurnStage;

beforeEach(async () => {
  stage = await openTurnStage();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("the same message twice", () => {
  test("at once: the model is asked once and both get all of it", async () => {
    const readers = [stage.read(question()), stage.read(question()), stage.read(question())];
    const asked = await stage.model.question(0);
    asked.say("One ", "answer.");
    asked.end();
    for (const reader of readers) {
      expect(await reader.done).toBeUndefined();
      expect(reader.text).toBe("One answer.");
      expect(reader.events[0]).toMatchObject({ type: "turn", replayed: false });
    }
    expect(stage.model.asked).toHaveLength(1);
  });

  test("while it runs: the late one gets what was said so far, then the rest", async () => {
    const first = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say(...Array.from({ length: 100 }, (_, index) => `${index} `));
    await first.until(({ text }) => text.endsWith("99 "));
    const late = stage.read(question());
    await late.until(({ text }) => text.endsWith("99 "));
    asked.say("end");
    asked.end();
    await Promise.all([first.done, late.done]);
    expect(late.text).toBe(first.text);
    expect(late.types().slice(0, 2)).toEqual(["turn", "title"]);
    expect(stage.model.asked).toHaveLength(1);
  });

  test("the first one drops out: the answer goes on for the second", async () => {
    const first = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say("Go ");
    await first.until(({ text }) => text === "Go ");
    const second = stage.read(question());
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
    const first = await stage.ask({}, answer);
    const again = stage.read(question({ speak: true }));
    expect(await again.done).toBeUndefined();
    expect(again.events[0]).toEqual({ ...first.events[0], replayed: true });
    expect(again.text).toBe(answer);
    expect(again.types().filter((type) => type === "text").length).toBeGreaterThan(3);
    expect(again.audio).toBe(answer);
    expect(again.events.at(-1)).toEqual({ type: "end" });
    expect(stage.model.asked).toHaveLength(1);
  });

  test("cancelled: it runs again under the same turn id, even when it comes at the very moment of the cancel", async () => {
    const first = stage.read(question());
    (await stage.model.question(0)).say("Half");
    await first.until(({ text }) => text === "Half");
    first.controller.abort();
    const again = await stage.ask({}, "Whole.");
    expect(again.events[0]).toEqual(first.events[0]);
    expect(again.text).toBe("Whole.");
    const turns = await stage.store.turns.recent("ann", chatOf(again), 10);
    expect(turns.map(({ status, assistantText }) => [status, assistantText])).toEqual([["done", "Whole."]]);
  });

  test("another person's same id is another message", async () => {
    const readers = [stage.read(question()), stage.read(question(), bob)];
    for (const index of [0, 1]) {
      const asked = await stage.model.question(index);
      asked.say("Hi.");
      asked.end();
    }
    await Promise.all(readers.map(({ done }) => done));
    expect(chatOf(readers[0]!)).not.toBe(chatOf(readers[1]!));
  });

  test("running in another process: TURN_RUNNING_ELSEWHERE until its lease runs out", async () => {
    await using other = stage.startService("process-2");
    const theirs = stage.read(question(), ann, other);
    await stage.model.question(0);
    const here = stage.read(question());
    expect(await here.done).toMatchObject({ code: "TURN_RUNNING_ELSEWHERE", retryAfterMs: 500 });
    stage.advance(9_000);
    const taken = await stage.ask({}, "Mine now.");
    expect(taken.text).toBe("Mine now.");
    theirs.controller.abort();
    await theirs.done;
  });

  test("a turn of ours that nobody answers any more is taken up again", async () => {
    const finish = vi
      .spyOn(stage.store.turns, "finish")
      .mockRejectedValueOnce(new PipitError("STORAGE_FULL", "The disk is full."));
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say("Lost.");
    asked.end();
    expect(await reader.done).toMatchObject({ code: "STORAGE_FULL" });
    finish.mockRestore();
    expect((await stage.ask({}, "Kept.")).text).toBe("Kept.");
  });

  test("leases are renewed while an answer runs, and not after", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const renew = vi.spyOn(stage.store.turns, "renewLeases");
      const reader = stage.read(question());
      const asked = await stage.model.question(0);
      vi.advanceTimersByTime(7_000);
      const renewed = ["process-1", [expect.any(String)], 9_000];
      expect(renew.mock.calls).toEqual([renewed, renewed]);
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
