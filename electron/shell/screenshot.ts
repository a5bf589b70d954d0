import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Settings } from "#contract/settings.ts";
import type { Screen } from "#engine/ports.ts";

/** What macOS says of screen recording; other systems say "granted". */
export type ScreenPermission = "granted" | "denied" | "not-determined" | "restricted" | "unknown";

export interface ScreenshotOptions {
  readonly screen: Screen;
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

  const take = async (signal: AbortSignal): Promise<ScreenImage> => {
    if (options.permission() === "granted") return await options.screen.capture(signal);
    // "Never asked" and "refused" look the same there. The first try makes the system ask; its picture shows no windows.
    if (!asked) {
      asked = true;
      await options.screen.capture(signal).catch(() => undefined);
      if (options.permission() === "granted") return await options.screen.capture(signal);
    }
    throw new PipitError(
      "SCREEN_REFUSED",
      `Pipit may not record the screen. Allow ${options.responsibleApp} in System Settings, Privacy & Security, Screen Recording, and start Pipit again.`,
    );
  };

  return {
    /** A picture for the window's button. @throws PipitError NO_DISPLAY, SCREEN_REFUSED, CANCELLED */
    capture: (signal: AbortSignal) => options.withWindowHidden(() => take(signal)),
    /** Whether the person wants a picture whenever the hotkey opens the window. */
    wanted: () => options.setting() === "always",
    /** A picture for the hotkey, while the window is hidden. @throws as capture */
    beforeShow: take,
  };
}
