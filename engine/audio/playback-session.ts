import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { PlaybackQueue } from "./playback-queue.ts";

/** The one at the controls hears about progress this often, not at every callback. */
const REPORT_EVERY_SAMPLES = (SAMPLE_RATE_HZ * 20) / 1000;

/** What the side that decides says to the side that plays. */
export type PlaybackCommand =
  | { readonly type: "write"; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly type: "stop"; readonly id: number }
  | { readonly type: "drain"; readonly id: number }
  | { readonly type: "volume"; readonly volume: number };

/** What the playing side answers. */
export type PlaybackReport =
  /** All samples taken out of the queue since the start, played or dropped. */
  | { readonly type: "consumed"; readonly totalSamples: number }
  /** Answers `stop` (queue empty) and `drain` (everything heard). */
  | { readonly type: "done"; readonly id: number }
  /** Everything has been heard and nothing has come for a while; said once per silence. */
  | { readonly type: "idle"; readonly totalSamples: number };

export interface PlaybackSessionOptions {
  readonly report: (report: PlaybackReport) => void;
  /** After this much silence the last sound has left the device. */
  readonly heardAfterSamples: number;
  /** After this much silence the device may rest. */
  readonly idleAfterSamples: number;
}

/** The playing side, next to the sound card: obeys commands, fills buffers, tells how far it is. */
export type PlaybackSession = ReturnType<typeof createPlaybackSession>;

export function createPlaybackSession(options: PlaybackSessionOptions) {
  const { report } = options;
  const queue = new PlaybackQueue();
  let draining: number[] = [];
  let reportedSamples = 0;
  let resting = false;

  function reportConsumed(): void {
    reportedSamples = queue.consumedSamples;
    report({ type: "consumed", totalSamples: reportedSamples });
  }

  function afterSilence(): void {
    if (queue.silentSamples >= options.heardAfterSamples && draining.length > 0) {
      for (const id of draining) report({ type: "done", id });
      draining = [];
    }
    if (queue.silentSamples >= options.idleAfterSamples && !resting) {
      resting = true;
      report({ type: "idle", totalSamples: queue.consumedSamples });
    }
  }

  return {
    command(command: PlaybackCommand): void {
      switch (command.type) {
        case "write":
          resting = false;
          queue.push(command.samples);
          break;
        case "stop":
          queue.clear();
          reportConsumed();
          report({ type: "done", id: command.id });
          break;
        case "drain":
          queue.flush();
          draining.push(command.id);
          break;
        case "volume":
          queue.setVolume(command.volume);
          break;
      }
    },
    fill(output: Int16Array): void {
      queue.fill(output);
      const newlyConsumed = queue.consumedSamples - reportedSamples;
      if (newlyConsumed >= REPORT_EVERY_SAMPLES || (newlyConsumed > 0 && queue.queuedSamples === 0))
        reportConsumed();
      if (queue.queuedSamples === 0) afterSilence();
    },
  };
}
