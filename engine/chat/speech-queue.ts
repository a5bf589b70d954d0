import { PipitError } from "#contract/pipit-error.ts";
import { waitFor } from "#engine/abort.ts";
import type { Logger } from "#contract/logger.ts";
import type { Clock, Speaker } from "#engine/ports.ts";
import { createSpeakingWatch } from "./speaking-watch.ts";

/** The way of sound to the speaker, beside the text: a full speaker never delays a word on the screen. */
export interface SpeechQueue {
  /** Queues a piece; never waits and never throws. */
  push(pcm: Uint8Array): void;
  /** Drops what is queued and silences the speaker. */
  stop(): Promise<void>;
  /** Resolves when all that was pushed has been heard, or was dropped. */
  spoken(signal: AbortSignal): Promise<void>;
}

export interface SpeechQueueDeps {
  readonly speaker: Speaker | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told once per failure of the speaker; what is queued is dropped then. */
  readonly onFailure: (error: PipitError) => void;
  /** Told when a voice begins, and when it has ended or was stopped. */
  readonly onSpeaking: (speaking: boolean) => void;
}

export function createSpeechQueue(deps: SpeechQueueDeps): SpeechQueue {
  const { speaker, logger, onFailure } = deps;
  const watch = createSpeakingWatch(deps.clock, deps.onSpeaking);
  let queue: Uint8Array[] = [];
  let pumping: Promise<void> = Promise.resolve();
  let isPumping = false;
  // A stop makes everything begun before it stale, also a write that the speaker still holds back.
  let generation = 0;

  async function pump(device: Speaker, mine: number): Promise<void> {
    try {
      for (let pcm = queue.shift(); pcm !== undefined; pcm = queue.shift()) {
        await device.write(pcm);
        if (mine !== generation) return;
      }
    } catch (reason) {
      if (mine !== generation) return;
      queue = [];
      watch.silence();
      const error = PipitError.from(reason);
      logger.warn("speech.failed", { code: error.code, detail: error.detail ?? error.message });
      onFailure(error);
    } finally {
      if (mine === generation) isPumping = false;
    }
  }

  return {
    push(pcm) {
      if (speaker === undefined) return;
      queue.push(pcm);
      watch.add(pcm.byteLength);
      if (isPumping) return;
      isPumping = true;
      pumping = pump(speaker, generation);
    },
    async stop() {
      queue = [];
      generation += 1;
      isPumping = false;
      pumping = Promise.resolve();
      watch.silence();
      try {
        await speaker?.stop();
      } catch (reason) {
        logger.warn("speech.stop_failed", { detail: PipitError.from(reason).detail });
      }
    },
    async spoken(signal) {
      if (speaker === undefined) return;
      await waitFor(pumping, signal);
      try {
        await speaker.drain(signal);
      } catch (reason) {
        const error = PipitError.from(reason);
        if (error.code === "CANCELLED") throw error;
        logger.warn("speech.drain_failed", { code: error.code, detail: error.detail });
      }
    },
  };
}
