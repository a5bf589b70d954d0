import { describe, expect, test, vi } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { Listener } from "./listener.ts";
import type { TurnEvent } from "./turn-types.ts";

const text = (value: string): TurnEvent => ({ type: "text", text: value });
const audio = (byte: number): TurnEvent => ({ type: "audio", pcm: new Uint8Array([byte]) });

function listen(past: TurnEvent[] = [], speak = true) {
  const onTaken = vi.fn();
  return {
    onTaken,
    listener: new Listener({ speak, hardwareId: "h", sessionId: "s" }, past, onTaken),
  };
}

function takeAll(listener: Listener): readonly TurnEvent[] {
  const taken: TurnEvent[] = [];
  for (let event = listener.take(); event !== undefined && event.type !== "end"; event = listener.take()) {
    taken.push(event);
  }
  return taken;
}

describe("a listener", () => {
  test("gets what was before, then text before speech, and the end after all of it", () => {
    const { listener } = listen([text("past")]);
    expect(listener.take()).toEqual(text("past"));
    expect(listener.take()).toBeUndefined();
    listener.push(audio(1));
    listener.push(text("new"));
    listener.end();
    expect(takeAll(listener)).toEqual([text("new"), audio(1)]);
    expect(listener.take()).toEqual({ type: "end" });
  });

  test("that does not want speech gets none, and has no room for it", () => {
    const { listener } = listen([], false);
    listener.push(audio(1));
    expect(listener.hasAudioRoom).toBe(false);
    expect(listener.take()).toBeUndefined();
  });

  test("hears the text that waits before the failure, but no more speech", () => {
    const { listener } = listen();
    listener.push(text("last words"));
    listener.push(audio(1));
    listener.fail(new PipitError("CANCELLED", "Stopped."));
    expect(listener.take()).toEqual(text("last words"));
    expect(() => listener.take()).toThrow("Stopped.");
  });

  test("is woken by each event, the end and the failure", async () => {
    const { listener } = listen();
    const wakes = [
      () => listener.push(text("a")),
      () => listener.end(),
      () => listener.fail(new PipitError("CANCELLED", "Stopped.")),
    ];
    for (const wake of wakes) {
      const ready = listener.ready();
      wake();
      await expect(ready).resolves.toBeUndefined();
    }
  });

  test("is full at 64 events, asks for more at 16, and tells when it has come there", () => {
    const { listener, onTaken } = listen();
    for (let count = 1; count < 64; count++) listener.push({ type: "notice", code: "X", text: `${count}` });
    expect(listener.isFull).toBe(false);
    listener.push({ type: "notice", code: "X", text: "64" });
    expect([listener.isFull, listener.wantsRefill]).toEqual([true, false]);
    for (let count = 64; count > 17; count--) listener.take();
    expect([listener.wantsRefill, onTaken.mock.calls.length]).toEqual([false, 0]);
    listener.take();
    expect([listener.wantsRefill, onTaken.mock.calls.length]).toEqual([true, 1]);
  });

  test("that lags holds nobody back until it has caught up, and its text is merged meanwhile", () => {
    const { listener } = listen();
    for (let count = 0; count < 64; count++) listener.push(text("."));
    listener.lag();
    expect(listener.isFull).toBe(false);
    listener.push(text("more"));
    listener.push({ type: "notice", code: "X", text: "n" });
    listener.push(text("apart"));
    const taken = takeAll(listener);
    expect(taken).toHaveLength(66);
    expect(taken.slice(63)).toEqual([text(".more"), { type: "notice", code: "X", text: "n" }, text("apart")]);
    for (let count = 0; count < 64; count++) listener.push({ type: "notice", code: "X", text: `${count}` });
    expect(listener.isFull).toBe(true);
  });

  test("does not merge while it is not full", () => {
    const { listener } = listen();
    listener.push(text("a"));
    listener.push(text("b"));
    expect(takeAll(listener)).toEqual([text("a"), text("b")]);
  });

  test("has room for 8 pieces of speech, tells when one was taken, and loses what comes after 64", () => {
    const { listener, onTaken } = listen();
    for (let count = 0; count < 7; count++) listener.push(audio(count));
    expect(listener.hasAudioRoom).toBe(true);
    for (let count = 7; count < 70; count++) listener.push(audio(count));
    expect(listener.hasAudioRoom).toBe(false);
    expect(listener.take()).toEqual(audio(0));
    expect(onTaken).toHaveBeenCalledOnce();
    expect(takeAll(listener)).toHaveLength(63);
  });
});
