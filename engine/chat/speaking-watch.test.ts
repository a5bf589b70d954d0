import { beforeEach, expect, test } from "vitest";
import { BYTES_PER_SECOND } from "#contract/audio-format.ts";
import { createFakeClock, settle, type FakeClock } from "#engine/testing/fake-clock.ts";
import { createSpeakingWatch, type SpeakingWatch } from "./speaking-watch.ts";

let clock: FakeClock;
let told: boolean[];
let watch: SpeakingWatch;
beforeEach(() => {
  clock = createFakeClock();
  told = [];
  watch = createSpeakingWatch(clock, (speaking) => told.push(speaking));
});

async function pass(durationMs: number): Promise<void> {
  clock.advance(durationMs);
  await settle();
}

test("a voice lasts as long as its sound, and pieces add up", async () => {
  watch.add(BYTES_PER_SECOND);
  watch.add(BYTES_PER_SECOND);
  expect(told).toEqual([true]);
  await pass(1_000);
  watch.add(BYTES_PER_SECOND);
  await pass(1_999);
  expect(told).toEqual([true]);
  await pass(1);
  expect(told).toEqual([true, false]);
  expect(clock.sleeping()).toEqual([]);
});

test("silence ends it at once, and nothing is left waiting", async () => {
  watch.add(BYTES_PER_SECOND);
  watch.silence();
  watch.silence();
  expect(told).toEqual([true, false]);
  await settle();
  expect(clock.sleeping()).toEqual([]);
  await pass(5_000);
  expect(told).toEqual([true, false]);
});

test("a voice after a silence is a new one", async () => {
  watch.add(10 * BYTES_PER_SECOND);
  watch.silence();
  watch.add(BYTES_PER_SECOND);
  await pass(1_000);
  expect(told).toEqual([true, false, true, false]);
});
