import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";

/** Sound starts once this much is queued, and starts again so after running dry: the sound system takes its first fill at once. */
const START_SAMPLES = (SAMPLE_RATE_HZ * 120) / 1000;
/** A start with less than that waits this long for more, counted in samples of silence played meanwhile. */
const PATIENCE_SAMPLES = (SAMPLE_RATE_HZ * 150) / 1000;
/** Volume moves across its whole range in this time: a jump would click. */
const RAMP_SAMPLES = (SAMPLE_RATE_HZ * 10) / 1000;

/** The jitter buffer between the network and the sound card. Runs inside the sound callback: no allocation per call. */
export class PlaybackQueue {
  #pieces: Int16Array[] = [];
  #headOffset = 0;
  #queued = 0;
  #consumed = 0;
  #silent = 0;
  #waited = 0;
  #playing = false;
  #flushing = false;
  #gain = 1;
  #targetGain = 1;
  #lastSample = 0;

  push(samples: Int16Array): void {
    if (samples.length === 0) return;
    if (this.#queued === 0) this.#waited = 0;
    this.#pieces.push(samples);
    this.#queued += samples.length;
  }

  /** Fills a buffer of the sound card. */
  fill(output: Int16Array): void {
    if (!this.#playing && this.#queued > 0) {
      this.#waited += output.length;
      this.#playing = this.#flushing || this.#queued >= START_SAMPLES || this.#waited >= PATIENCE_SAMPLES;
    }
    const filled = this.#playing ? this.#take(output) : 0;
    if (filled > 0) {
      this.#lastSample = output[filled - 1] ?? 0;
      this.#silent = 0;
    }
    if (filled === output.length) return;
    this.#fade(output, filled);
    this.#silent += output.length - filled;
    this.#playing = false;
    if (this.#queued === 0) this.#flushing = false;
  }

  /** Drops everything; the next `fill` fades out within 10 ms and is silent after. */
  clear(): void {
    this.#consumed += this.#queued;
    this.#pieces = [];
    this.#headOffset = 0;
    this.#queued = 0;
    this.#playing = false;
    this.#flushing = false;
  }

  /** Plays what is queued even if it is little: nothing more is coming. */
  flush(): void {
    this.#flushing = this.#queued > 0;
  }

  setVolume(volume: number): void {
    this.#targetGain = Math.min(1, Math.max(0, volume));
    // Nothing is heard now, so nothing can click: do not fade the next sound in.
    if (!this.#playing) this.#gain = this.#targetGain;
  }

  get queuedSamples(): number {
    return this.#queued;
  }

  /** Samples taken out of the queue since the start, played or dropped. */
  get consumedSamples(): number {
    return this.#consumed;
  }

  /** Samples of silence filled since the last sound. */
  get silentSamples(): number {
    return this.#silent;
  }

  /** What `clear` cut off, or the network left unfinished, ends as a slope from the last sample, not as a step. */
  #fade(output: Int16Array, from: number): void {
    for (let index = from; index < output.length; index += 1) {
      this.#lastSample *= 0.975;
      output[index] = Math.trunc(this.#lastSample);
    }
  }

  #take(output: Int16Array): number {
    let filled = 0;
    while (filled < output.length) {
      const head = this.#pieces[0];
      if (head === undefined) break;
      const count = Math.min(head.length - this.#headOffset, output.length - filled);
      this.#copy(head, output, filled, count);
      filled += count;
      this.#headOffset += count;
      if (this.#headOffset === head.length) {
        this.#pieces.shift();
        this.#headOffset = 0;
      }
    }
    this.#queued -= filled;
    this.#consumed += filled;
    return filled;
  }

  #copy(from: Int16Array, to: Int16Array, at: number, count: number): void {
    for (let index = 0; index < count; index += 1) {
      if (this.#gain !== this.#targetGain)
        this.#gain = approach(this.#gain, this.#targetGain, 1 / RAMP_SAMPLES);
      to[at + index] = Math.round((from[this.#headOffset + index] ?? 0) * this.#gain);
    }
  }
}

function approach(from: number, to: number, step: number): number {
  return from < to ? Math.min(to, from + step) : Math.max(to, from - step);
}
