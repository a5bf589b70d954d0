import type { ScreenImage } from "#contract/screen-image.ts";
import type { ScreenCaptureOptions } from "#engine/node/screen/screen-capture.ts";
import { captureWindowBehind } from "#engine/node/screen/window-behind.ts";
import type { Messages } from "../kit/messages.ts";
import { printNote, type Terminal } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";

/**
 * Takes a picture of the window behind the terminal's, and says of which program it is: nobody has pointed at it.
 *
 * @throws PipitError NO_DISPLAY, SCREEN_REFUSED also where the system shows no windows of others, WINDOW_GONE without one
 */
export async function pictureOfWindow(
  display: ScreenCaptureOptions["display"],
  terminal: Terminal,
  messages: Messages,
  signal: AbortSignal,
): Promise<ScreenImage> {
  // A Wayland session's X server knows of the windows of old programs alone, and macOS 15 took the call away.
  if (process.platform === "darwin" || display.wayland !== undefined)
    throw new ToldError("SCREEN_REFUSED", messages.windowsUnseen);
  const behind = await captureWindowBehind({ display }, signal);
  if (behind === undefined) throw new ToldError("WINDOW_GONE", messages.noWindowBehind);
  printNote(terminal, messages.windowReady(behind.program));
  return behind.image;
}
