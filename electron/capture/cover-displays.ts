import { BrowserWindow, screen, type Display } from "electron";
import { PipitError } from "#contract/pipit-error.ts";
import { APP_ORIGIN } from "../windows/app-origin.ts";
import { overlayOptions } from "../windows/panel-window.ts";
import type { Cover } from "./region-choice.ts";

/** Changes of a display that leave a picture of it in another place than the display. */
const MOVES = new Set(["bounds", "scaleFactor", "rotation"]);

/** Covers displays with windows that show nothing but what they are given. */
export function createDisplayCovers(preload: string) {
  const windows = new Map<number, BrowserWindow>();

  const open = (display: Display, onLost: (reason: PipitError) => void): void => {
    const window = new BrowserWindow(overlayOptions(process.platform, preload, display.bounds));
    windows.set(display.id, window);
    window.setAlwaysOnTop(true, "screen-saver");
    if (process.platform === "darwin") window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true });
    const lost = (): void =>
      onLost(new PipitError("INTERNAL", "The picture of the screen could not be shown."));
    window.webContents.on("render-process-gone", lost);
    window.loadURL(`${APP_ORIGIN}/overlay.html#${display.id}`).catch(lost);
  };
  return {
    isOwn: (webContentsId: number): boolean =>
      [...windows.values()].some((one) => !one.isDestroyed() && one.webContents.id === webContentsId),
    cover(ids: readonly number[], onLost: (reason: PipitError) => void): Cover {
      const changed = (): void => onLost(displayChanged());
      const onMetrics = (_event: unknown, _display: unknown, metrics: readonly string[]): void => {
        if (metrics.some((name) => MOVES.has(name))) changed();
      };
      screen.on("display-added", changed).on("display-removed", changed);
      screen.on("display-metrics-changed", onMetrics);
      for (const display of screen.getAllDisplays()) if (ids.includes(display.id)) open(display, onLost);
      return {
        ready(id) {
          const window = windows.get(id);
          const here = screen.getDisplayNearestPoint(screen.getCursorScreenPoint()).id;
          if (id === here) window?.show();
          else window?.showInactive();
        },
        [Symbol.dispose]() {
          screen.off("display-added", changed).off("display-removed", changed);
          screen.off("display-metrics-changed", onMetrics);
          for (const window of windows.values()) if (!window.isDestroyed()) window.destroy();
          windows.clear();
        },
      };
    },
  };
}

function displayChanged(): PipitError {
  return new PipitError(
    "DISPLAY_CHANGED",
    "A display was connected, disconnected or changed while a part of it was being chosen. Choose again.",
  );
}
