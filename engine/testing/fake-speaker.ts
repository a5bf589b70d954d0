import { PipitError } from "#contract/pipit-error.ts";
import type { Speaker } from "#engine/ports.ts";

/** A speaker that hears everything and can be held up or broken. */
export interface FakeSpeaker extends Speaker {
  /** First bytes of the pieces that were played. */
  readonly heard: number[];
  stops: number;
  /** While held, `write` does not resolve: a full buffer. */
  hold(on: boolean): void;
  breakDown(): void;
}

export function createFakeSpeaker(): FakeSpeaker {
  const heard: number[] = [];
  let gate: PromiseWithResolvers<void> | undefined;
  let isBroken = false;
  return {
    heard,
    stops: 0,
    hold(on) {
      gate?.resolve();
      gate = on ? Promise.withResolvers<void>() : undefined;
    },
    breakDown() {
      isBroken = true;
    },
    async write(pcm) {
      if (isBroken) throw new PipitError("NO_SOUND_DEVICE", "The sound device went away.");
      heard.push(pcm[0] ?? -1);
      await gate?.promise;
    },
    async drain() {
      await gate?.promise;
    },
    async stop() {
      this.stops += 1;
      gate?.resolve();
    },
    setVolume() {},
    [Symbol.asyncDispose]: async () => {},
  };
}
