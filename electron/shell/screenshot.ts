import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Settings } from "#contract/settings.ts";
import type { CaptureTarget } from "#contract/commands/app.ts";
import type { WindowPicture } from "#contract/screen-image.ts";
import type { Screen } from "#engine/ports.ts";
import type { RegionChoice } from "../capture/region-choice.ts";
import type { WindowPictures } from "../capture/window-pictures.ts";

/** What macOS says of screen recording; other systems say "granted". */
export type ScreenPermission = "granted" | "denied" | "not-determined" | "restricted" | "unknown";

export interface ScreenshotOptions {
  readonly screen: Screen;
  readonly region: Pick<RegionChoice, "choose">;
  readonly windows: WindowPictures;
  readonly permission: () => ScreenPermission;
  /** The program that macOS asks the permission for: of a source tree, the terminal that started it. */
  readonly responsibleApp: string;
  readonly setting: () => Settings["screenshot"];
  readonly withWindowHidden: <T>(work: () => Promise<T>) => Promise<T>;
}

export type Screenshots = ReturnType<typeof createScreenshots>;

/** Pictures of the screen, with the person's consent and without our own window. */
export function createScreenshots(options: ScreenshotOptions) {
  let asked = false;

  /** Runs `work` when the system lets this app see the screen. @throws PipitError SCREEN_REFUSED */
  const permitted = async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (options.permission() === "granted") return await work();
    // "Never asked" and "refused" look the same there. The first try makes the system ask; its picture shows no windows.
    if (!asked) {
      asked = true;
      await options.screen.capture(signal).catch(() => undefined);
      if (options.permission() === "granted") return await work();
    }
    throw new PipitError(
      "SCREEN_REFUSED",
      `Pipit may not record the screen. Allow ${options.responsibleApp} in System Settings, Privacy & Security, Screen Recording, and start Pipit again.`,
    );
  };
  const take = (target: CaptureTarget, signal: AbortSignal): Promise<ScreenImage> =>
    permitted(() => {
      if (target.area === "window") return options.windows.capture(target.id, signal);
      return target.area === "region" ? options.region.choose(signal) : options.screen.capture(signal);
    }, signal);

  return {
    /** A picture without our own window, which comes back when it was there. @throws as the command `captureScreen` */
    capture: (target: CaptureTarget, signal: AbortSignal): Promise<ScreenImage> =>
      options.withWindowHidden(() => take(target, signal)),
    listWindows: (signal: AbortSignal): Promise<readonly WindowPicture[]> =>
      permitted(() => options.windows.list(signal), signal),
    /** Whether the person wants a picture whenever the hotkey opens the window. */
    wanted: () => options.setting() === "always",
    /** Whether the person lets pictures be taken at all. */
    allowed: () => options.setting() !== "never",
    /** A picture for the hotkey, while the window is hidden. @throws as capture */
    beforeShow: (signal: AbortSignal): Promise<ScreenImage> => take({ area: "screen" }, signal),
  };
}
