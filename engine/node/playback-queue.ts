import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";

/** Sound starts once this much is queued, and starts again so after running dry: the sound system takes its first fill at once. */
const START_SAMPLES = (SAMPLE_RATE_HZ * 120) / 1000;
/** A start with less than that waits this long for more, counted in samples of silence played meanwhile. */
const PATIENCE_SAMPLES = (SAMPLE_RATE_HZ * 150) / 1000;
/** Volume moves across its whole range in this time: a jump would click. */
const RAMP_SAMPLES = (SAMPLE_RATE_HZ * 10) / 1000;

/** The jitter buffer between the network and the sound card. Runs inside the sound callback: no allocation per call. */
export interface PlaybackQueue {
  push(samples: Int16Array): void;
  /** Fills a buffer of the sound card. */
  fill(output: Int16Array): void;
  /** Drops everything; the next `fill` fades out within 10 ms and is silent after. */
  clear(): void;
  /** Plays what is queued even if it is little: nothing more is coming. */
  flush(): void;
  setVolume(volume: number): void;
  readonly queuedSamples: number;
  /** Samples taken out of the queue since the start, played or dropped. */
  readonly consumedSamples: number;
  /** Samples of silence filled since the last sound. */
  readonly silentSamples: number;
}

export function createPlaybackQueue(): PlaybackQueue {
  let pieces: Int16Array[] = [];
  let headOffset = 0;
  let queued = 0;
  let consumed = 0;
  let silent = 0;
  let waited = 0;
  let playing = false;
  let flushing = false;
  let gain = 1;
  let targetGain = 1;
  let lastSample = 0;

  /** What `clear` cut off ends as a slope from the last sample, not as a step. */
  function fade(output: Int16Array, from: number): void {
    for (let index = from; index < output.length; index += 1) {
      lastSample *= 0.975;
      output[index] = Math.trunc(lastSample);
    }
  }
  function take(output: Int16Array): number {
    let filled = 0;
    while (filled < output.length) {
      const head = pieces[0];
      if (head === undefined) break;
      const count = Math.min(head.length - headOffset, output.length - filled);
      for (let index = 0; index < count; index += 1) {
        if (gain !== targetGain) gain = approach(gain, targetGain, 1 / RAMP_SAMPLES);
        output[filled + index] = Math.round((head[headOffset + index] ?? 0) * gain);
      }
      filled += count;
      headOffset += count;
      if (headOffset === head.length) {
        pieces.shift();
        headOffset = 0;
      }
    }
    queued -= filled;
    consumed += filled;
    return filled;
  }

  return {
    push(samples) {
      if (samples.length === 0) return;
      if (queued === 0) waited = 0;
      pieces.push(samples);
      queued += samples.length;
    },
    fill(output) {
      if (!playing && queued > 0) {
        waited += output.length;
        playing = flushing || queued >= START_SAMPLES || waited >= PATIENCE_SAMPLES;
      }
      const filled = playing ? take(output) : 0;
      if (filled > 0) {
        lastSample = output[filled - 1] ?? 0;
        silent = 0;
      }
      if (filled === output.length) return;
      fade(output, filled);
      silent += output.length - filled;
      playing = false;
      if (queued === 0) flushing = false;
    },
    clear() {
      consumed += queued;
      pieces = [];
      headOffset = 0;
      queued = 0;
      playing = false;
      flushing = false;
    },
    flush() {
      flushing = queued > 0;
    },
    setVolume(volume) {
      targetGain = Math.min(1, Math.max(0, volume));
      // Nothing is heard now, so nothing can click: do not fade the next sound in.
      if (!playing) gain = targetGain;
    },
    get queuedSamples() {
      return queued;
    },
    get consumedSamples() {
      return consumed;
    },
    get silentSamples() {
      return silent;
    },
  };
}

function approach(from: number, to: number, step: number): number {
  return from < to ? Math.min(to, from + step) : Math.max(to, from - step);
}
