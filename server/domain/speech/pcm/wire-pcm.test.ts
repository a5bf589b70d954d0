import { describe, expect, test } from "vitest";
import type { PcmPiece } from "../ports.ts";
import { badPieces, largestStep, rms, samplesOf, sine, toneHz } from "#server/testing/measure.ts";
import { createResamplerFactory } from "./resampler.ts";
import { wirePcm } from "./wire-pcm.ts";

async function* pieces(
  samples: Int16Array,
  sampleRateHz: number,
  size: number,
): AsyncGenerator<PcmPiece, void> {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  for (let at = 0; at < bytes.length; at += size) yield { pcm: bytes.subarray(at, at + size), sampleRateHz };
}

async function wire(samples: Int16Array, rateHz: number, size: number): Promise<Uint8Array[]> {
  const out: Uint8Array[] = [];
  for await (const piece of wirePcm(pieces(samples, rateHz, size), createResamplerFactory())) out.push(piece);
  return out;
}

describe("wirePcm", () => {
  test.each([
    [16_000, 333],
    [22_050, 1],
    [22_050, 4_097],
    [24_000, 999],
    [44_100, 65_536],
    [48_000, 777],
  ])("a tone at %i Hz in pieces of %i bytes stays that tone", async (rateHz, size) => {
    const seconds = size === 1 ? 0.2 : 1;
    const out = await wire(sine(440, rateHz, seconds), rateHz, size);
    const samples = samplesOf(out);
    expect(badPieces(out)).toBe(0);
    expect(Math.abs(samples.length / 48_000 - seconds)).toBeLessThan(0.06);
    const middle = samples.subarray(480, Math.floor(seconds * 48_000) - 480);
    expect(Math.abs(toneHz(middle) - 440)).toBeLessThan(0.5);
    expect(Math.abs(rms(middle) / (16_384 / Math.SQRT2) - 1)).toBeLessThan(0.02);
    // The steepest step of this sine is 944; a click at a border would be many times that. Its abrupt start and end ring.
    expect(largestStep(middle)).toBeLessThan(960);
    expect(largestStep(samples)).toBeLessThan(1_200);
  });

  test("the end of the sound is not lost in the filter", async () => {
    const samples = samplesOf(await wire(sine(440, 24_000, 0.5), 24_000, 4_096));
    const lastSound = samples.findLastIndex((sample) => Math.abs(sample) > 200);
    expect(Math.abs(lastSound / 48_000 - 0.5)).toBeLessThan(0.003);
  });

  test("silence around is trimmed, a pause inside stays, nothing is all zero", async () => {
    const quiet = new Int16Array(24_000);
    const tone = sine(440, 24_000, 0.3);
    const pause = new Int16Array(24_000 * 0.3);
    const all = new Int16Array([...quiet, ...tone, ...pause, ...tone, ...quiet]);
    const out = await wire(all, 24_000, 2_000);
    const samples = samplesOf(out);
    expect(badPieces(out)).toBe(0);
    expect(samples.findIndex((sample) => Math.abs(sample) > 80)).toBeLessThan(0.012 * 48_000);
    const after = samples.length - samples.findLastIndex((sample) => Math.abs(sample) > 80);
    expect(after).toBeLessThanOrEqual(0.11 * 48_000);
    expect(samples.length / 48_000).toBeGreaterThan(0.9);
    expect(samples.length / 48_000).toBeLessThan(1.02);
  });

  test("an endless pause is shortened", async () => {
    const tone = sine(440, 24_000, 0.2);
    const all = new Int16Array([...tone, ...new Int16Array(24_000 * 20), ...tone]);
    const samples = samplesOf(await wire(all, 24_000, 2_000));
    expect(samples.length / 48_000).toBeLessThan(1.3);
  });

  test("silence alone and nothing at all give no piece", async () => {
    expect(await wire(new Int16Array(24_000), 24_000, 1_000)).toEqual([]);
    expect(await wire(new Int16Array(0), 24_000, 1_000)).toEqual([]);
  });

  test("a rate that cannot be, or that changes, is an error", async () => {
    await expect(wire(sine(440, 8_000, 0.1), 0, 100)).rejects.toThrow("0 Hz");
    async function* changing(): AsyncGenerator<PcmPiece, void> {
      yield* pieces(sine(440, 8_000, 0.1), 8_000, 100);
      yield* pieces(sine(440, 8_000, 0.1), 16_000, 100);
    }
    await expect(Array.fromAsync(wirePcm(changing(), createResamplerFactory()))).rejects.toThrow("changed");
  });
});
