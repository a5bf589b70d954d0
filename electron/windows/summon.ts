import { PipitError } from "#contract/pipit-error.ts";
import type { Screenshots } from "../shell/screenshot.ts";
import type { Windows } from "./windows.ts";

export interface SummonDeps {
  readonly windows: Pick<Windows, "isVisible" | "toggle" | "show" | "intend">;
  readonly screenshots: Pick<Screenshots, "beforeShow" | "wanted">;
  readonly signal: AbortSignal;
}

/**
 * What the hotkey and `pipit toggle` do: show the window, or hide it when it has the keyboard. When the person always wants
 * a picture of the screen, it is taken first, so that it shows what they were looking at.
 */
export function createSummoner({ windows, screenshots, signal }: SummonDeps): () => Promise<void> {
  let summoning = false;
  return async () => {
    if (windows.isVisible() || !screenshots.wanted()) {
      windows.toggle();
      return;
    }
    // An impatient second press must not take a second picture.
    if (summoning) return;
    summoning = true;
    try {
      const image = await screenshots.beforeShow(signal);
      windows.show();
      windows.intend({ kind: "attach", image });
    } catch (reason) {
      const { code, message } = PipitError.from(reason);
      if (code === "CANCELLED") return;
      windows.show();
      windows.intend({ kind: "problem", code, message });
    } finally {
      summoning = false;
    }
  };
}
