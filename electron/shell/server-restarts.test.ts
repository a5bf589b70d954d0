import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createServerRestarts } from "./server-restarts.ts";

let looks: number;
let restarts: ReturnType<typeof createServerRestarts>;
beforeEach(() => {
  vi.useFakeTimers();
  looks = 0;
  restarts = createServerRestarts(async () => void (looks += 1), createFakeLogger());
});
afterEach(() => {
  restarts[Symbol.dispose]();
  vi.useRealTimers();
});

test("a server that ended is started again at once, one that keeps ending ever more slowly", async () => {
  restarts.ended();
  await vi.advanceTimersByTimeAsync(0);
  expect(looks).toBe(1);
  restarts.ended();
  await vi.advanceTimersByTimeAsync(499);
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(looks).toBe(2);
  restarts.ended();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(looks).toBe(2);
});

test("after a minute of work an end is again the first", async () => {
  restarts.ended();
  await vi.advanceTimersByTimeAsync(60_001);
  restarts.ended();
  await vi.advanceTimersByTimeAsync(0);
  expect(looks).toBe(2);
});

test("when the app ends, nothing is started any more", async () => {
  restarts.ended();
  restarts[Symbol.dispose]();
  restarts.ended();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([looks, vi.getTimerCount()]).toEqual([0, 0]);
});
