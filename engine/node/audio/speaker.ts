import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { Speaker } from "#engine/ports.ts";
import {
  noSoundDevice,
  startSpeakerChild,
  type SpeakerChild,
  type SpeakerChildOptions,
} from "./speaker-child.ts";

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
 * @throws PipitError NO_SOUND_DEVICE when nothing can be played on this machine: at once, or 2 s after it began to ask for a device.
 */
export async function openSpeaker(options: SpeakerOptions): Promise<Speaker> {
  const speaker = new ProcessSpeaker(options);
  await speaker.start();
  return speaker;
}

class ProcessSpeaker implements Speaker {
  readonly #options: SpeakerOptions;
  #child: SpeakerChild | undefined;
  #starting: Promise<void> | undefined;
  #crashes = 0;
  #mode: "playing" | "disabled" = "playing";
  readonly #disposal = new AbortController();
  #volume = 1;
  /** Bumped by `stop`: a `write` that is still sending gives up the rest. */
  #generation = 0;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const onCrash = (reason: string): void => this.#onCrash(reason);
    const { signal } = this.#disposal;
    this.#child = await startSpeakerChild({ ...this.#options.child, onCrash, signal });
    if (this.#volume !== 1) this.#child.control.setVolume(this.#volume);
  }

  async write(pcm: Uint8Array): Promise<void> {
    if (this.#mode !== "playing" || this.#disposal.signal.aborted) return;
    const generation = this.#generation;
    if (this.#child === undefined) await this.#restart();
    for (let offset = 0; offset < pcm.byteLength; offset += MESSAGE_MAX_BYTES) {
      if (this.#child === undefined || generation !== this.#generation) return;
      await this.#child.control.write(pcm.subarray(offset, offset + MESSAGE_MAX_BYTES));
    }
  }

  async drain(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw PipitError.from(signal.reason);
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(PipitError.from(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#child?.control.request("drain"), promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async stop(): Promise<void> {
    this.#generation += 1;
    await this.#child?.control.request("stop");
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    this.#child?.control.setVolume(volume);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort();
    await this.#starting?.catch(() => undefined);
    const child = this.#child;
    this.#child = undefined;
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
      if (this.#disposal.signal.aborted) return;
      throw this.#disable(error instanceof PipitError ? (error.detail ?? error.message) : String(error));
    }
  }

  #disable(reason: string): PipitError {
    this.#mode = "disabled";
    this.#options.logger.warn("speaker.disabled", { reason });
    return noSoundDevice(reason);
  }

  #onCrash(reason: string): void {
    this.#crashes += 1;
    this.#child = undefined;
    this.#options.logger.warn("speaker.crashed", { reason, crashes: this.#crashes });
  }
}
