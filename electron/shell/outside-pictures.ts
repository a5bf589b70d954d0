import type { CaptureTarget } from "#contract/commands/app.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { attachPicture } from "../windows/attach-picture.ts";
import type { Windows } from "../windows/windows.ts";
import type { Screenshots } from "./screenshot.ts";

/** Takes a picture and puts it into the composer, where it can be looked at and removed; for hotkeys and the tray. */
export function createOutsidePictures(
  windows: Pick<Windows, "show" | "intend">,
  screenshots: Pick<Screenshots, "allowed" | "capture">,
  signal: AbortSignal,
): (target: CaptureTarget) => Promise<void> {
  return (target) =>
    attachPicture(windows, async () => {
      if (!screenshots.allowed())
        throw new PipitError("NOT_ALLOWED", "Pictures of the screen are switched off in the settings.");
      return await screenshots.capture(target, signal);
    });
}
