import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { waitFor, withTimeout } from "#engine/abort.ts";
import { PlaybackControl } from "#engine/audio/playback-control.ts";
import type { PlaybackReport } from "#engine/audio/playback-session.ts";
import type { Logger } from "#contract/logger.ts";
import type { Speaker } from "#engine/ports.ts";
import { systemClock } from "#engine/system-clock.ts";
import { PLAYBACK_WORKLET } from "./playback-worklet-name.ts";

/** A browser without a sound device may never say so. */
const START_TIMEOUT_MS = 3_000;
/** Should the audio thread not answer, silence is up to the browser; a stop waits no longer for it. */
const STOP_TIMEOUT_MS = 500;

export interface WebAudioSpeakerOptions {
  /** Address of the built `playback-worklet.ts`. */
  readonly workletUrl: string;
  readonly logger: Logger;
  /** Whether the person has touched the page; without that browsers play nothing. Default: asks the browser. */
  readonly mayStart?: () => boolean;
}

/** Whether this browser can play at all. */
export function canPlay(): boolean {
  return typeof AudioContext === "function" && typeof AudioWorkletNode === "function";
}

interface Output {
  readonly context: AudioContext;
  readonly control: PlaybackControl;
}

/**
 * Plays through the browser, on its audio thread. The device is opened by the first sound, and rests while nothing plays.
 * Before the person has touched the page, sound is dropped: the browser would hold it back and burst out with it later.
 * `write` throws NO_SOUND_DEVICE when nothing can be played; the next one tries again.
 */
export class WebAudioSpeaker implements Speaker {
  readonly #options: WebAudioSpeakerOptions;
  #opening: Promise<Output> | undefined;
  #output: Output | undefined;
  #running = false;
  #volume = 1;
  /** Bumped by `stop`: a `write` that still waits gives up. */
  #generation = 0;

  constructor(options: WebAudioSpeakerOptions) {
    this.#options = options;
  }

  async write(pcm: Uint8Array): Promise<void> {
    if (!(this.#options.mayStart ?? wasTouched)()) {
      this.#options.logger.debug("speaker.untouched_page", { bytes: pcm.byteLength });
      return;
    }
    const generation = this.#generation;
    const output = await this.#opened();
    await this.#resume(output);
    if (generation !== this.#generation) return;
    await output.control.write(pcm);
  }

  async drain(signal: AbortSignal): Promise<void> {
    const drained = this.#running ? this.#output?.control.request("drain") : undefined;
    await waitFor(drained ?? Promise.resolve(), signal);
  }

  async stop(): Promise<void> {
    this.#generation += 1;
    if (this.#output === undefined || !this.#running) return;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, STOP_TIMEOUT_MS);
    await Promise.race([this.#output.control.request("stop"), timeout.promise]);
    clearTimeout(timer);
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    this.#output?.control.setVolume(volume);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#generation += 1;
    const output = await this.#opening?.catch(() => undefined);
    this.#forget();
    await output?.context.close().catch(() => undefined);
  }

  #opened(): Promise<Output> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<Output> {
    let context: AudioContext | undefined;
    try {
      context = new AudioContext({ sampleRate: SAMPLE_RATE_HZ, latencyHint: "interactive" });
      await context.audioWorklet.addModule(this.#options.workletUrl);
      const node = new AudioWorkletNode(context, PLAYBACK_WORKLET, {
        numberOfInputs: 0,
        outputChannelCount: [1],
      });
      const { port } = node;
      const control = new PlaybackControl((command) =>
        port.postMessage(command, command.type === "write" ? [command.samples.buffer] : []),
      );
      port.addEventListener("message", ({ data }: MessageEvent<PlaybackReport>) => {
        control.onReport(data);
        // A piece that was sent meanwhile wakes it up again by itself.
        if (data.type === "idle" && control.isDry) this.#rest();
      });
      port.start();
      node.addEventListener("processorerror", () => this.#onLost("the worklet failed"));
      context.addEventListener("error", () => this.#onLost("the device failed"));
      node.connect(context.destination);
      this.#output = { context, control };
      this.#running = false;
      control.setVolume(this.#volume);
      return this.#output;
    } catch (error) {
      await context?.close().catch(() => undefined);
      throw noSoundDevice(error);
    }
  }

  async #resume({ context }: Output): Promise<void> {
    if (this.#running && context.state === "running") return;
    this.#running = true;
    const never = new AbortController().signal;
    try {
      const onTimeout = () => noSoundDevice(`not playing within ${START_TIMEOUT_MS} ms`);
      await withTimeout(systemClock, START_TIMEOUT_MS, never, () => context.resume(), onTimeout);
    } catch (error) {
      this.#onLost("it did not start");
      throw noSoundDevice(error);
    }
  }

  #rest(): void {
    this.#running = false;
    void this.#output?.context.suspend().catch(() => undefined);
  }

  #onLost(reason: string): void {
    this.#options.logger.warn("speaker.lost", { reason });
    void this.#output?.context.close().catch(() => undefined);
    this.#forget();
  }

  /** Nothing more will be played: those who wait for its end are told. */
  #forget(): void {
    this.#output?.control.end();
    this.#output = undefined;
    this.#opening = undefined;
    this.#running = false;
  }
}

/** Older browsers do not tell; there the start itself will show. */
function wasTouched(): boolean {
  const { userActivation } = navigator as { readonly userActivation?: UserActivation };
  return userActivation?.hasBeenActive ?? true;
}

function noSoundDevice(cause: unknown): PipitError {
  if (cause instanceof PipitError && cause.code === "NO_SOUND_DEVICE") return cause;
  return new PipitError(
    "NO_SOUND_DEVICE",
    "This browser cannot play sound here. Answers stay readable; check the sound settings to hear them.",
    { cause, detail: cause instanceof Error ? cause.message : String(cause) },
  );
}
