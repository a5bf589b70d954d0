import { app } from "./app.ts";
import { appWindows } from "./app-windows.ts";
import { NotInStandInError, StrictEmitter } from "./strict.ts";

/** Electron's `autoUpdater`: it finds no update by itself. */
class AutoUpdater extends StrictEmitter {
  #url = "";

  constructor() {
    super("autoUpdater", [
      "error",
      "checking-for-update",
      "update-available",
      "update-not-available",
      "update-downloaded",
      "before-quit-for-update",
    ]);
  }
  setFeedURL({ url }: { readonly url: string }): void {
    this.#url = url;
  }
  getFeedURL(): string {
    return this.#url;
  }
  checkForUpdates(): void {
    throw new NotInStandInError("autoUpdater.checkForUpdates");
  }
  /** Closes the windows first, and quits when all are closed: a window that stays keeps the old version running. */
  quitAndInstall(): void {
    this.emit("before-quit-for-update");
    if (!appWindows.closeAll() || !app.quitUnlessPrevented())
      console.error("stand-in: the app has interrupted the update");
  }
}
export const autoUpdater = new AutoUpdater();
