import { BYTES_PER_SECOND } from "#contract/audio-format.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { Speaker } from "#engine/ports.ts";
import {
  noSoundDevice,
  startSpeakerChild,
  type SpeakerChild,
  type SpeakerChildOptions,
} from "./speaker-child.ts";
import type { SpeakerReport } from "./speaker-protocol.ts";

/** `write` waits while more than this is queued: enough for any hiccup of the network, little enough to forget. */
const HIGH_WATERMARK_BYTES = 2 * BYTES_PER_SECOND;
/** A large message would hold up the sound callback while it is decoded. */
const MESSAGE_MAX_BYTES = 16 * 1024;
/** A process that died this often is not started again. */
const MAX_CRASHES = 3;

export interface SpeakerOptions {
  readonly logger: Logger;
  readonly child?: Pick<SpeakerChildOptions, "environment" | "launcher" | "program" | "readyTimeoutMs">;
}

/**
 * Plays through the default sound device, in a process of its own. Should that process die, the next `write` starts it
 * again; what was queued is lost. After three times, or when it cannot start again, one `write` throws NO_SOUND_DEVICE and all later ones
 * do nothing: an answer is never lost for want of sound.
 *
 * @throws PipitError NO_SOUND_DEVICE within 2 s when nothing can be played on this machine.
 */
export async function openSpeaker(options: SpeakerOptions): Promise<Speaker> {
  const state = new PlayerState(options);
  await state.start();
  return {
    write: (pcm) => state.write(pcm),
    drain: (signal) => state.drain(signal),
    stop: () => state.request("stop"),
    setVolume: (volume) => state.setVolume(volume),
    [Symbol.asyncDispose]: () => state.dispose(),
  };
}

class PlayerState {
  readonly #options: SpeakerOptions;
  #child: SpeakerChild | undefined;
  #starting: Promise<void> | undefined;
  #crashes = 0;
  #mode: "playing" | "disabled" | "disposed" = "playing";
  #volume = 1;
  #sentBytes = 0;
  #consumedBytes = 0;
  #lastId = 0;
  /** Bumped by `stop`: a `write` that is still sending gives up the rest. */
  #generation = 0;
  readonly #requests = new Map<number, () => void>();
  #roomWaiters: (() => void)[] = [];

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#sentBytes = 0;
    this.#consumedBytes = 0;
    this.#child = await startSpeakerChild({
      ...this.#options.child,
      onReport: (report) => this.#onReport(report),
      onCrash: (reason) => this.#onCrash(reason),
    });
    if (this.#volume !== 1) this.#child.send({ type: "volume", volume: this.#volume });
  }

  async write(pcm: Uint8Array): Promise<void> {
    if (this.#mode !== "playing") return;
    const generation = this.#generation;
    if (this.#child === undefined) await this.#restart();
    for (let offset = 0; offset < pcm.byteLength; offset += MESSAGE_MAX_BYTES) {
      if (this.#child === undefined || generation !== this.#generation) return;
      const piece = pcm.subarray(offset, offset + MESSAGE_MAX_BYTES);
      this.#sentBytes += piece.byteLength - (piece.byteLength % 2);
      this.#child.send({ type: "write", pcm: piece });
      await this.#untilRoom();
    }
  }

  async drain(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw PipitError.from(signal.reason);
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(PipitError.from(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.request("drain"), promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async request(type: "stop" | "drain"): Promise<void> {
    if (type === "stop") {
      this.#generation += 1;
      this.#releaseRoom();
    }
    const child = this.#child;
    if (child === undefined) return;
    this.#lastId += 1;
    const id = this.#lastId;
    await new Promise<void>((resolve) => {
      this.#requests.set(id, resolve);
      child.send({ type, id });
    });
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    this.#child?.send({ type: "volume", volume });
  }

  async dispose(): Promise<void> {
    this.#mode = "disposed";
    const child = this.#child;
    this.#child = undefined;
    this.#releaseAll();
    await child?.[Symbol.asyncDispose]();
  }

  async #restart(): Promise<void> {
    if (this.#crashes >= MAX_CRASHES) throw this.#disable("it crashed too often");
    this.#starting ??= this.start().finally(() => {
      this.#starting = undefined;
    });
    try {
      await this.#starting;
    } catch (error) {
      throw this.#disable(error instanceof PipitError ? (error.detail ?? error.message) : String(error));
    }
  }

  #disable(reason: string): PipitError {
    this.#mode = "disabled";
    this.#options.logger.warn("speaker.disabled", { reason });
    return noSoundDevice(reason);
  }

  #onReport(report: SpeakerReport): void {
    if (report.type === "consumed") {
      this.#consumedBytes = report.totalBytes;
      if (this.#hasRoom()) this.#releaseRoom();
    }
    if (report.type === "done") {
      this.#requests.get(report.id)?.();
      this.#requests.delete(report.id);
    }
  }

  #onCrash(reason: string): void {
    this.#crashes += 1;
    this.#child = undefined;
    this.#options.logger.warn("speaker.crashed", { reason, crashes: this.#crashes });
    this.#releaseAll();
  }

  #hasRoom(): boolean {
    return this.#sentBytes - this.#consumedBytes <= HIGH_WATERMARK_BYTES;
  }

  async #untilRoom(): Promise<void> {
    if (this.#hasRoom()) return;
    await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  #releaseRoom(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Nothing more will be played: those who wait for its end are told. */
  #releaseAll(): void {
    this.#releaseRoom();
    for (const resolve of this.#requests.values()) resolve();
    this.#requests.clear();
  }
}
