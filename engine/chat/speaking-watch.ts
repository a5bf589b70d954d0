import { BYTES_PER_SECOND } from "#contract/audio-format.ts";
import type { Clock } from "#engine/ports.ts";

/** Knows whether a voice can be heard: by the length of what was given to the speaker, because asking the speaker would make it play what it still gathers. */
export interface SpeakingWatch {
  /** So many bytes of speech go to the speaker. */
  add(bytes: number): void;
  /** What was not yet heard has been dropped. */
  silence(): void;
}

/** @param onChange told when a voice begins and when it ends; there is a timer only in between */
export function createSpeakingWatch(clock: Clock, onChange: (speaking: boolean) => void): SpeakingWatch {
  let endsAtMs = 0;
  let running: AbortController | undefined;

  async function watch(signal: AbortSignal): Promise<void> {
    for (let leftMs = endsAtMs - clock.nowMs(); leftMs > 0; leftMs = endsAtMs - clock.nowMs()) {
      await clock.sleep(leftMs, signal);
    }
    running = undefined;
    onChange(false);
  }

  return {
    add(bytes) {
      endsAtMs = Math.max(endsAtMs, clock.nowMs()) + (bytes / BYTES_PER_SECOND) * 1_000;
      if (running !== undefined) return;
      running = new AbortController();
      onChange(true);
      // Silenced: `silence` has told it.
      watch(running.signal).catch(() => undefined);
    },
    silence() {
      endsAtMs = 0;
      if (running === undefined) return;
      running.abort();
      running = undefined;
      onChange(false);
    },
  };
}
