import { PipitError } from "#contract/pipit-error.ts";
import type { Region, RegionPicture } from "#contract/region.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { FrozenScreen } from "#engine/node/screen/frozen-screens.ts";

/** A person who went away must find the desktop as it is, not as it was. */
const CHOICE_TIMEOUT_MS = 120_000;

/** A frozen display, by Electron's id. */
export interface FrozenDisplay extends FrozenScreen {
  readonly id: number;
}

export interface RegionChoiceOptions {
  /** @throws PipitError NO_DISPLAY, SCREEN_REFUSED, CANCELLED */
  readonly freeze: (signal: AbortSignal) => Promise<readonly FrozenDisplay[]>;
  /** Covers each display with a window that shows its picture, until disposed of. `onLost`: the choice cannot go on. */
  readonly cover: (ids: readonly number[], onLost: (reason: PipitError) => void) => Cover;
  readonly describe: () => Omit<RegionPicture, "bytes">;
}

export interface Cover extends Disposable {
  /** The page of this display has painted its picture. */
  ready(id: number): void;
}

interface Chosen {
  readonly display: FrozenDisplay;
  readonly region: Region;
}

/** The choice of a part of a display. */
export type RegionChoice = ReturnType<typeof createRegionChoice>;

/** Lets the person choose a part of what is on the displays at the beginning; one choice at a time. */
export function createRegionChoice({ freeze, cover, describe }: RegionChoiceOptions) {
  let frozen: readonly FrozenDisplay[] = [];
  let covered: Cover | undefined;
  let choice: PromiseWithResolvers<Chosen> | undefined;

  const frozenAs = (id: number): FrozenDisplay => {
    const display = frozen.find((one) => one.id === id);
    if (display === undefined)
      throw new PipitError("INVALID_REQUEST", "Nothing is being chosen on this display.");
    return display;
  };
  const chosen = async (signal: AbortSignal): Promise<Chosen> => {
    const { promise, reject } = (choice = Promise.withResolvers<Chosen>());
    const both = AbortSignal.any([signal, AbortSignal.timeout(CHOICE_TIMEOUT_MS)]);
    const onAbort = (): void => reject(cancelled());
    both.addEventListener("abort", onAbort, { once: true });
    frozen = await freeze(both);
    both.throwIfAborted();
    using open = cover(
      frozen.map(({ id }) => id),
      reject,
    );
    covered = open;
    return await promise.finally(() => both.removeEventListener("abort", onAbort));
  };
  return {
    /**
     * The part that the person chose.
     *
     * @throws PipitError CANCELLED also for Esc, DISPLAY_CHANGED, NO_DISPLAY, SCREEN_REFUSED
     */
    async choose(signal: AbortSignal): Promise<ScreenImage> {
      if (choice !== undefined) throw cancelled();
      try {
        const { display, region } = await chosen(signal);
        return await display.crop(region);
      } finally {
        [frozen, covered, choice] = [[], undefined, undefined];
      }
    },
    /** What a covering page shows. @throws PipitError INVALID_REQUEST */
    picture: async (id: number): Promise<RegionPicture> => ({
      ...describe(),
      bytes: await frozenAs(id).preview(),
    }),
    ready(id: number): void {
      covered?.ready(id);
    },
    /** What the person did there; without a region, they want none. */
    end(id: number, region: Region | undefined): void {
      if (region === undefined) choice?.reject(cancelled());
      else choice?.resolve({ display: frozenAs(id), region });
    },
  };
}

function cancelled(): PipitError {
  return new PipitError("CANCELLED", "No part of the screen was chosen.");
}
