import type { Screenshots } from "../shell/screenshot.ts";
import { attachPicture } from "./attach-picture.ts";
import type { Windows } from "./windows.ts";

/**
 * What the hotkey and `pipit toggle` do: show the window, or hide it when it has the keyboard. When the person always wants
 * a picture of the screen, it is taken first, so that it shows what they were looking at.
 */
export function createHotkeyToggle(
  windows: Pick<Windows, "isVisible" | "toggle" | "show" | "intend">,
  screenshots: Pick<Screenshots, "beforeShow" | "wanted">,
  signal: AbortSignal,
): () => Promise<void> {
  let toggling = false;
  return async () => {
    if (windows.isVisible() || !screenshots.wanted()) {
      windows.toggle();
      return;
    }
    // An impatient second press must not take a second picture.
    if (toggling) return;
    toggling = true;
    try {
      await attachPicture(windows, () => screenshots.beforeShow(signal));
    } finally {
      toggling = false;
    }
  };
}
