// Runs alone on the browser's audio thread, as a script of its own: nothing of the page can make it stutter.
import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { createPlaybackSession, type PlaybackCommand } from "#engine/audio/playback-session.ts";
import { PLAYBACK_WORKLET } from "./playback-worklet-name.ts";

// TypeScript's DOM library describes the page, not this scope (https://webaudio.github.io/web-audio-api/#AudioWorkletGlobalScope).
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** The buffers of the browser and of the mixer behind it; sound in them is still to be heard. */
const HEARD_AFTER_SAMPLES = (SAMPLE_RATE_HZ * 100) / 1000;
/** The device rests after this much silence; between two sentences it does not. */
const IDLE_AFTER_SAMPLES = SAMPLE_RATE_HZ * 2;
const FULL_SCALE = 32_768;

class PlaybackProcessor extends AudioWorkletProcessor {
  readonly #session = createPlaybackSession({
    report: (report) => this.port.postMessage(report, []),
    heardAfterSamples: HEARD_AFTER_SAMPLES,
    idleAfterSamples: IDLE_AFTER_SAMPLES,
  });
  #buffer = new Int16Array(128);

  constructor() {
    super();
    this.port.addEventListener("message", (event: MessageEvent<PlaybackCommand>) => {
      this.#session.command(event.data);
    });
    this.port.start();
  }

  process(
    _inputs: readonly (readonly Float32Array[])[],
    outputs: readonly (readonly Float32Array[])[],
  ): boolean {
    const channel = outputs[0]?.[0];
    if (channel === undefined) return true;
    if (this.#buffer.length !== channel.length) this.#buffer = new Int16Array(channel.length);
    this.#session.fill(this.#buffer);
    for (let index = 0; index < channel.length; index += 1)
      channel[index] = (this.#buffer[index] ?? 0) / FULL_SCALE;
    return true;
  }
}

registerProcessor(PLAYBACK_WORKLET, PlaybackProcessor);
