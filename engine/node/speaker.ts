import type { Logger, Speaker } from "#engine/ports.ts";

export interface SpeakerOptions {
  readonly logger: Logger;
}

/** @throws PipitError NO_SOUND_DEVICE within 2 s when nothing can be played on this machine. */
export declare function openSpeaker(options: SpeakerOptions): Promise<Speaker>;
