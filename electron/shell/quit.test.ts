import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { App } from "electron";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { cleanUpBeforeQuit } from "./quit.ts";

let ended: string[];
let beforeQuit: (event: { preventDefault(): void }) => void;
beforeEach(() => {
  vi.useFakeTimers();
  ended = [];
});
afterEach(() => vi.useRealTimers());

/** What Electron does: asks, and ends unless it is prevented. */
function quit(): void {
  let prevented = false;
  beforeQuit({ preventDefault: () => (prevented = true) });
  if (!prevented) ended.push("quit");
}

function start(cleanUp: () => Promise<void>) {
  const logger = createFakeLogger();
  const app = {
    on: (_event: string, listener: typeof beforeQuit) => (beforeQuit = listener),
    quit,
    exit: () => ended.push("exit"),
  } as unknown as Pick<App, "on" | "quit" | "exit">;
  cleanUpBeforeQuit(app, cleanUp, logger);
  return logger;
}

test("the app ends after everything else has ended", async () => {
  const cleaned = Promise.withResolvers<void>();
  start(() => cleaned.promise);
  quit();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).toEqual([]);
  cleaned.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(ended).toEqual(["quit"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what does not end within five seconds is ended", async () => {
  const logger = start(() => new Promise<void>(() => undefined));
  quit();
  await vi.advanceTimersByTimeAsync(4_999);
  expect(ended).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ended).toEqual(["exit"]);
  expect(logger.lines.map((line) => line.event)).toEqual(["quit.late"]);
});

test("a second quit hurries", async () => {
  start(() => new Promise<void>(() => undefined));
  quit();
  quit();
  expect(ended).toEqual(["exit"]);
});

test("a failed clean-up does not keep the app alive", async () => {
  const logger = start(() => Promise.reject(new Error("disk")));
  quit();
  await vi.advanceTimersByTimeAsync(0);
  expect(ended).toEqual(["quit"]);
  expect(logger.lines.map((line) => line.event)).toEqual(["quit.failed"]);
});
