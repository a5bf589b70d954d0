import type { Availability } from "#contract/app-state.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import { createLazySpeaker } from "#engine/node/audio/lazy-speaker.ts";
import { openSpeaker } from "#engine/node/audio/speaker.ts";
import type { Logger } from "#contract/logger.ts";
import type { Speaker } from "#engine/ports.ts";

export interface AudioOptions {
  readonly launcher: ChildLauncher;
  /** 0 to 1. */
  readonly volume: number;
  readonly onAvailability: (sound: Availability) => void;
  readonly logger: Logger;
}

/** The voice: its process starts with the first sound, and tells whether this machine can be heard. */
export function createAudio(options: AudioOptions): Speaker {
  const { launcher, logger, onAvailability } = options;
  return createLazySpeaker(async () => {
    try {
      const speaker = await openSpeaker({ logger, child: { launcher } });
      onAvailability({ available: true });
      return speaker;
    } catch (error) {
      onAvailability({ available: false, reason: "no-sound-device" });
      throw error;
    }
  }, options.volume);
}
