import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { waitFor, withTimeout } from "#engine/abort.ts";
import type { PlaybackCommand, PlaybackReport } from "#engine/audio/playback-session.ts";
import type { Logger } from "#contract/logger.ts";
import type { Speaker } from "#engine/ports.ts";
import { systemClock } from "#engine/system-clock.ts";
import { PLAYBACK_WORKLET } from "./playback-worklet-name.ts";

/** `write` waits while more than this is queued: enough for any hiccup of the network, little enough to forget. */
const HIGH_WATERMARK_SAMPLES = 2 * SAMPLE_RATE_HZ;
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

/**
 * Plays through the browser, on its audio thread. The device is opened by the first sound, and rests while nothing plays.
 * Before the person has touched the page, sound is dropped: the browser would hold it back and burst out with it later.
 * `write` throws NO_SOUND_DEVICE when nothing can be played; the next one tries again.
 */
export function createWebAudioSpeaker(options: WebAudioSpeakerOptions): Speaker {
  return new WebAudioSpeaker(options);
}

/** Whether this browser can play at all. */
export function canPlay(): boolean {
  return typeof AudioContext === "function" && typeof AudioWorkletNode === "function";
}

interface Output {
  readonly context: AudioContext;
  readonly node: AudioWorkletNode;
}

class WebAudioSpeaker implements Speaker {
  readonly #options: WebAudioSpeakerOptions;
  #opening: Promise<Output> | undefined;
  #output: Output | undefined;
  #running = false;
  #volume = 1;
  #sentSamples = 0;
  #consumedSamples = 0;
  #lastId = 0;
  /** Bumped by `stop`: a `write` that still waits gives up. */
  #generation = 0;
  readonly #requests = new Map<number, () => void>();
  #roomWaiters: (() => void)[] = [];

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
    const samples = toSamples(pcm);
    this.#sentSamples += samples.length;
    this.#send({ type: "write", samples }, [samples.buffer]);
    if (this.#hasRoom()) return;
    await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  async drain(signal: AbortSignal): Promise<void> {
    await waitFor(this.#running ? this.#request("drain") : Promise.resolve(), signal);
  }

  async stop(): Promise<void> {
    this.#generation += 1;
    this.#releaseRoom();
    if (this.#output === undefined || !this.#running) return;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, STOP_TIMEOUT_MS);
    await Promise.race([this.#request("stop"), timeout.promise]);
    clearTimeout(timer);
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    this.#send({ type: "volume", volume });
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
      node.port.addEventListener("message", (event: MessageEvent<PlaybackReport>) =>
        this.#onReport(event.data),
      );
      node.port.start();
      node.addEventListener("processorerror", () => this.#onLost("the worklet failed"));
      context.addEventListener("error", () => this.#onLost("the device failed"));
      node.connect(context.destination);
      this.#output = { context, node };
      this.#running = false;
      this.#sentSamples = 0;
      this.#consumedSamples = 0;
      this.#send({ type: "volume", volume: this.#volume });
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

  #onReport(report: PlaybackReport): void {
    if (report.type === "done") {
      this.#requests.get(report.id)?.();
      this.#requests.delete(report.id);
      return;
    }
    this.#consumedSamples = report.totalSamples;
    if (this.#hasRoom()) this.#releaseRoom();
    // A piece that was sent meanwhile wakes it up again by itself.
    if (report.type === "idle" && this.#sentSamples === report.totalSamples) this.#rest();
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
    this.#output = undefined;
    this.#opening = undefined;
    this.#running = false;
    this.#releaseRoom();
    for (const resolve of this.#requests.values()) resolve();
    this.#requests.clear();
  }

  #request(type: "stop" | "drain"): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#requests.set(id, resolve);
      this.#send({ type, id });
    });
  }

  #send(command: PlaybackCommand, transfer: Transferable[] = []): void {
    this.#output?.node.port.postMessage(command, transfer);
  }

  #hasRoom(): boolean {
    return this.#sentSamples - this.#consumedSamples <= HIGH_WATERMARK_SAMPLES;
  }

  #releaseRoom(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Older browsers do not tell; there the start itself will show. */
function wasTouched(): boolean {
  const { userActivation } = navigator as { readonly userActivation?: UserActivation };
  return userActivation?.hasBeenActive ?? true;
}

/** Copies: the bytes may start at an odd address and go to another thread; all browsers run on little-endian machines. */
function toSamples(pcm: Uint8Array): Int16Array<ArrayBuffer> {
  const bytes = pcm.byteLength - (pcm.byteLength % BYTES_PER_SAMPLE);
  return new Int16Array(pcm.slice(0, bytes).buffer as ArrayBuffer);
}

function noSoundDevice(cause: unknown): PipitError {
  if (cause instanceof PipitError && cause.code === "NO_SOUND_DEVICE") return cause;
  return new PipitError(
    "NO_SOUND_DEVICE",
    "This browser cannot play sound here. Answers stay readable; check the sound settings to hear them.",
    { cause, detail: cause instanceof Error ? cause.message : String(cause) },
  );
}
