import { expect, test } from "vitest";
import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { measureTone, sine } from "./sink-recorder.ts";

/** A recording of the tone in which the device had nothing to play, so often, for so long. */
function withGaps(tone: Int16Array, gaps: number, gapMs: number): Int16Array {
  const silence = new Int16Array((gapMs * SAMPLE_RATE_HZ) / 1000);
  const every = Math.floor(tone.length / (gaps + 1));
  return Int16Array.from(
    Array.from({ length: gaps + 1 }).flatMap((_, at) => [
      ...tone.subarray(at * every, (at + 1) * every),
      ...silence,
    ]),
  );
}

test.each([
  [440, 0, 0],
  [440, 20, 3],
  [440, 20, 12],
  [880, 7, 12],
])("a tone of %i Hz with %i gaps of %i ms is measured as what was played", (hz, gaps, gapMs) => {
  const pcm = sine(hz, 3_000);
  const tone = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2);
  const measured = measureTone(withGaps(tone, gaps, gapMs));
  expect(Math.abs(measured.frequencyHz - hz)).toBeLessThan(1);
  expect(Math.abs(measured.soundMs - 3_000)).toBeLessThan(10);
  expect(measured.gapsMs).toHaveLength(gapMs > 5 ? gaps : 0);
});
