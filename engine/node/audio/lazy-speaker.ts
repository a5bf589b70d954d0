import type { Speaker } from "#engine/ports.ts";

/**
 * A {@link Speaker} that is opened by the first sound, so that a silent run never touches the sound system. `write`
 * throws what `open` throws (NO_SOUND_DEVICE), and the next `write` tries again.
 */
export function createLazySpeaker(open: () => Promise<Speaker>, initialVolume: number): Speaker {
  let volume = initialVolume;
  let opening: Promise<Speaker> | undefined;
  const opened = async (): Promise<Speaker> => {
    opening ??= open().then((speaker) => {
      speaker.setVolume(volume);
      return speaker;
    });
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return {
    async write(pcm) {
      await (await opened()).write(pcm);
    },
    async drain(signal) {
      await (await opening?.catch(() => undefined))?.drain(signal);
    },
    async stop() {
      await (await opening?.catch(() => undefined))?.stop();
    },
    setVolume(next) {
      volume = next;
      void opening?.then(
        (speaker) => speaker.setVolume(next),
        () => undefined,
      );
    },
    async [Symbol.asyncDispose]() {
      await (await opening?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
