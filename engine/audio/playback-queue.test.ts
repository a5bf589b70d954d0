import { describe, expect, test } from "vitest";
import { PlaybackQueue } from "./playback-queue.ts";

const callbackSamples = 480;
const startSamples = 5_760;

function fill(queue: PlaybackQueue, samples = callbackSamples): number[] {
  const output = new Int16Array(samples).fill(-1);
  queue.fill(output);
  return [...output];
}
const tone = (samples: number, value = 1_000) => new Int16Array(samples).fill(value);

describe("the jitter buffer", () => {
  test("is silent until enough is queued, then plays without a gap", () => {
    const queue = new PlaybackQueue();
    queue.push(tone(startSamples - 1));
    expect(fill(queue)).toEqual(Array(callbackSamples).fill(0));
    queue.push(tone(1));
    for (let left = startSamples; left > 0; left -= callbackSamples)
      expect(fill(queue)).toEqual(Array(callbackSamples).fill(1_000));
    expect(queue.queuedSamples).toBe(0);
    expect(queue.consumedSamples).toBe(startSamples);
  });

  test("plays little when nothing more will come, and does not wait for ever when nobody says so", () => {
    const flushed = new PlaybackQueue();
    flushed.push(tone(480));
    flushed.flush();
    expect(fill(flushed)).toEqual(Array(480).fill(1_000));
    const patient = new PlaybackQueue();
    patient.push(tone(480));
    let turns = 0;
    while (patient.queuedSamples > 0 && turns < 100) {
      fill(patient);
      turns += 1;
    }
    // 150 ms are 15 callbacks of 10 ms.
    expect(turns).toBe(15);
  });

  test("collects again after running dry, instead of stuttering", () => {
    const queue = new PlaybackQueue();
    queue.push(tone(startSamples));
    while (queue.queuedSamples > 0) fill(queue);
    fill(queue);
    queue.push(tone(480));
    expect(fill(queue).some((sample) => sample === 1_000)).toBe(false);
    expect(queue.queuedSamples).toBe(480);
  });

  test("keeps samples in order across pieces of any size", () => {
    const queue = new PlaybackQueue();
    let next = 0;
    for (const size of [1, 479, 481, 7, 5_000])
      queue.push(Int16Array.from({ length: size }, () => (next += 1)));
    queue.flush();
    const heard: number[] = [];
    while (queue.queuedSamples > 0) heard.push(...fill(queue));
    expect(heard.slice(0, next)).toEqual(Array.from({ length: next }, (_, index) => index + 1));
  });
});

describe("stopping", () => {
  test("ends in silence without a click, and counts what was dropped as consumed", () => {
    const queue = new PlaybackQueue();
    queue.push(tone(96_000, 20_000));
    fill(queue);
    queue.clear();
    const after = fill(queue, 960);
    const steps = after.map((sample, index) => Math.abs(sample - (after[index - 1] ?? 20_000)));
    expect(Math.max(...steps)).toBeLessThanOrEqual(501);
    expect(after.slice(-480)).toEqual(Array(480).fill(0));
    expect(queue.consumedSamples).toBe(96_000);
    expect(fill(queue)).toEqual(Array(480).fill(0));
  });
});

describe("volume", () => {
  test("set before the sound applies from its first sample", () => {
    const queue = new PlaybackQueue();
    queue.setVolume(0.5);
    queue.push(tone(startSamples));
    expect(fill(queue)[0]).toBe(500);
  });

  test("changed during the sound moves along a ramp of 10 ms", () => {
    const queue = new PlaybackQueue();
    queue.push(tone(startSamples, 10_000));
    fill(queue);
    queue.setVolume(0);
    const ramp = fill(queue, 960);
    expect(ramp.every((sample, index) => sample <= (ramp[index - 1] ?? 10_000))).toBe(true);
    expect(
      Math.max(...ramp.map((sample, index) => (ramp[index - 1] ?? 10_000) - sample)),
    ).toBeLessThanOrEqual(22);
    expect(ramp.slice(480)).toEqual(Array(480).fill(0));
  });

  test("outside 0 to 1 is cut to it", () => {
    const queue = new PlaybackQueue();
    queue.setVolume(7);
    queue.push(tone(startSamples));
    expect(fill(queue)[0]).toBe(1_000);
  });
});
