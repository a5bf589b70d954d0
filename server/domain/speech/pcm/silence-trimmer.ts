import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { concatSamples } from "./resampler.ts";

/** Samples up to this size (-52 dBFS) count as silence. */
const SILENCE_LEVEL = 80;
/** Kept before the first sound, so that soft consonants are not bitten off. */
const LEAD_SAMPLES = (SAMPLE_RATE_HZ * 10) / 1000;
/** Kept after the last sound; with the lead and the padding of one piece this is at most 113 ms between sentences. */
const TAIL_SAMPLES = (SAMPLE_RATE_HZ * 60) / 1000;
/** A longer pause inside a sentence is cut to this, which also bounds what is held. */
const PAUSE_MAX_SAMPLES = (SAMPLE_RATE_HZ * 700) / 1000;

/** Trims the silence around one sentence (48 kHz samples). Gives nothing at all for a sentence without sound. */
export function createSilenceTrimmer() {
  let started = false;
  let held = new Int16Array(0);

  return {
    push(samples: Int16Array): Int16Array {
      const last = samples.findLastIndex(isSound);
      if (last === -1) {
        if (started && held.length >= PAUSE_MAX_SAMPLES) return new Int16Array(0);
        const keep = started ? PAUSE_MAX_SAMPLES : LEAD_SAMPLES;
        const both = concatSamples([held, samples]);
        held = started ? both.slice(0, keep) : both.slice(Math.max(0, both.length - keep));
        return new Int16Array(0);
      }
      const sound = concatSamples([held, samples.subarray(0, last + 1)]);
      held = samples.slice(last + 1);
      const from = started ? 0 : Math.max(0, sound.findIndex(isSound) - LEAD_SAMPLES);
      started = true;
      return sound.subarray(from);
    },
    end(): Int16Array {
      if (!started) return new Int16Array(0);
      const tail = held.slice(0, TAIL_SAMPLES);
      for (const [index, sample] of tail.entries()) {
        tail[index] = Math.trunc(sample * (1 - index / tail.length));
      }
      return tail;
    },
  };
}

function isSound(sample: number): boolean {
  return sample > SILENCE_LEVEL || sample < -SILENCE_LEVEL;
}
