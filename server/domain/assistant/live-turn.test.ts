import { afterEach, expect, test, vi } from "vitest";
import { collectGarbage } from "#server/testing/collect-garbage.ts";
import { LiveTurn } from "./live-turn.ts";

const TEXT_BYTES = 2 * 1024 * 1024;
const TOKEN_CHARS = 4;

afterEach(() => {
  vi.useRealTimers();
});

test("a reader that reads nothing holds at most twice the text so far and 256 KB", async () => {
  const live = new LiveTurn("user-1");
  const events = live.listen({ speak: false, hardwareId: "h", sessionId: "s" }, new AbortController().signal);
  live.publish({ type: "text", text: "0000" });
  await events.next();
  await live.eventRoom();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let said = 0; said < TEXT_BYTES; said += TOKEN_CHARS) {
    live.publish({ type: "text", text: String(said % 9_000).padStart(TOKEN_CHARS, "0") });
  }
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const held = process.memoryUsage().heapUsed - before;
  expect(live.log.chars).toBe(TEXT_BYTES + TOKEN_CHARS);
  expect(held).toBeLessThan(2 * TEXT_BYTES + 256 * 1024);

  // It gets all of it in messages that every client takes.
  live.close();
  let chars = 0;
  let longest = 0;
  for await (const event of events) {
    if (event.type !== "text") continue;
    chars += event.text.length;
    longest = Math.max(longest, event.text.length);
  }
  expect(chars).toBe(TEXT_BYTES);
  expect(longest).toBeLessThan(32 * 1024);
});

test("a listener that takes no speech holds it for half a minute, then has the text alone", async () => {
  vi.useFakeTimers();
  const live = new LiveTurn("user-1");
  const told: string[] = [];
  live.attachSpeech({ start: () => void told.push("start"), stop: () => void told.push("stop") });
  const events = live.listen({ speak: true, hardwareId: "h", sessionId: "s" }, new AbortController().signal);
  live.publish({ type: "text", text: "Hello." });
  expect((await events.next()).value).toEqual({ type: "text", text: "Hello." });
  const sound = { type: "audio", pcm: new Uint8Array(4096) } as const;
  for (let piece = 0; piece < 8; piece++) live.publish(sound);

  let hasRoom = false;
  const room = live.audioRoom().then(() => {
    hasRoom = true;
  });
  await vi.advanceTimersByTimeAsync(29_000);
  // Who takes a piece, however late, is there.
  expect((await events.next()).value).toEqual(sound);
  await room;
  live.publish(sound);
  hasRoom = false;
  const next = live.audioRoom().then(() => {
    hasRoom = true;
  });
  await vi.advanceTimersByTimeAsync(29_000);
  expect(hasRoom).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await next;
  expect(told).toEqual(["start", "stop"]);

  live.publish(sound);
  live.publish({ type: "text", text: "Bye." });
  live.close();
  expect((await events.next()).value).toEqual({ type: "text", text: "Bye." });
  expect((await events.next()).value).toEqual({ type: "end" });
});
