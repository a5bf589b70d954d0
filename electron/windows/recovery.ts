import type { BrowserWindow } from "electron";
import type { Logger } from "#contract/logger.ts";

/** Waits before the page is loaded again: at once, then ever more slowly. */
const RELOAD_WAITS_MS = [0, 1_000, 5_000, 30_000];
/** A page that does not answer for this long will not. */
const UNRESPONSIVE_MS = 10_000;

/** Brings the page back when it crashed, hangs or could not be loaded. The engine does not live there: answers go on. */
export type Recovery = ReturnType<typeof createRecovery>;

export function createRecovery(
  window: Pick<BrowserWindow, "isDestroyed" | "on" | "webContents">,
  reload: () => void,
  logger: Logger,
) {
  const { webContents: contents } = window;
  let fails = 0;
  let timer: NodeJS.Timeout | undefined;
  let hanging: NodeJS.Timeout | undefined;
  let disposed = false;

  const again = (event: string, fields: Readonly<Record<string, unknown>>): void => {
    clearTimeout(hanging);
    if (disposed) return;
    const waitMs = RELOAD_WAITS_MS[Math.min(fails, RELOAD_WAITS_MS.length - 1)] ?? 0;
    fails += 1;
    logger.error(event, { ...fields, waitMs });
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!window.isDestroyed()) reload();
    }, waitMs);
  };

  contents.on("render-process-gone", (_event, details) => {
    if (details.reason !== "clean-exit") again("window.crashed", { reason: details.reason });
  });
  contents.on("did-fail-load", (_event, code, description, _url, isMainFrame) => {
    // -3: another load took its place.
    if (isMainFrame && code !== -3) again("window.not_loaded", { code, description });
  });
  window.on("unresponsive", () => {
    clearTimeout(hanging);
    hanging = setTimeout(() => {
      if (!disposed && !window.isDestroyed()) contents.forcefullyCrashRenderer();
    }, UNRESPONSIVE_MS);
  });
  window.on("responsive", () => clearTimeout(hanging));

  return {
    /** The page works: the next crash is again the first. */
    loaded(): void {
      fails = 0;
    },
    [Symbol.dispose](): void {
      disposed = true;
      clearTimeout(timer);
      clearTimeout(hanging);
    },
  };
}
