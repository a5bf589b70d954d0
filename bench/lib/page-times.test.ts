import { expect, test } from "vitest";
import { blockedMs, framesPerSecond, longestTaskMs, missedFramesPercent } from "./page-times.ts";

const nothing = { elapsedMs: 0, frames: [], longTasks: [], keyDelays: [] };
const frameMs = 1_000 / 60;

test("a frame that came two frames late counts as two that were missed", () => {
  const frames = [0, 1, 2, 3, 6, 7, 8, 9].map((index) => index * frameMs);
  expect(missedFramesPercent({ ...nothing, frames })).toBeCloseTo((100 * 2) / 9);
});

test("frames that tremble within half a frame are all there", () => {
  const frames = Array.from({ length: 60 }, (_, index) => index * frameMs + (index % 2) * 5);
  expect(missedFramesPercent({ ...nothing, frames })).toBe(0);
});

test("frames per second are counted from the first to the last", () => {
  expect(framesPerSecond({ ...nothing, frames: [1_000, 1_020, 1_100] })).toBeCloseTo(20);
});

test("a page without frames missed them all", () => {
  expect(missedFramesPercent(nothing)).toBe(100);
  expect(framesPerSecond(nothing)).toBe(0);
});

test("only what a task takes beyond 50 ms is blocked", () => {
  const longTasks = [51, 60, 150];
  expect(blockedMs({ ...nothing, longTasks })).toBe(111);
  expect(longestTaskMs({ ...nothing, longTasks })).toBe(150);
  expect(longestTaskMs(nothing)).toBe(0);
});
