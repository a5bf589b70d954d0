import type { App, AutoUpdater, BrowserWindow, PowerMonitor } from "electron";
import type { Logger } from "#contract/logger.ts";

/** A person who quits does not wait longer than this. */
const QUIT_TIMEOUT_MS = 5_000;

/**
 * Ends everything before the app ends: `cleanUp` disposes of engine, speaker and server and flushes what is unsaved. It has
 * five seconds; a second quit ends the app at once. `hurry` makes the next quit begin the clean-up and wait for nothing.
 */
export function cleanUpBeforeQuit(
  app: Pick<App, "on" | "quit" | "exit">,
  cleanUp: () => Promise<void>,
  logger: Logger,
): { hurry(): void } {
  let state: "running" | "ending" | "ended" = "running";
  let hurried = false;
  const clean = (): Promise<void> =>
    cleanUp().catch((error: unknown) => logger.error("quit.failed", { error }));
  const end = async (): Promise<void> => {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), QUIT_TIMEOUT_MS);
    const result = await Promise.race([clean(), late.promise]);
    clearTimeout(timer);
    state = "ended";
    if (result === "late") {
      logger.warn("quit.late", { afterMs: QUIT_TIMEOUT_MS });
      app.exit(0);
    } else {
      app.quit();
    }
  };
  app.on("before-quit", (event) => {
    if (state === "ended") return;
    if (hurried) {
      if (state === "running") void clean();
      state = "ended";
      return;
    }
    event.preventDefault();
    if (state === "ending") {
      app.exit(0);
      return;
    }
    state = "ending";
    void end();
  });
  return {
    hurry() {
      hurried = true;
    },
  };
}

/**
 * The ends that wait for nobody. macOS takes a quit that is prevented as a no to the whole log-out; Windows ends the process
 * once its windows were told, unless it quits by itself; an update closes the windows before it quits. (Linux waits.)
 * "query-session-end" has no listener: another program may still say no to that end, and it could only be prevented, which is the
 * person's to decide. All that is kept is written when it changes, and not at the end.
 */
export function followHurriedEnds(parts: {
  readonly app: Pick<App, "quit">;
  readonly autoUpdater: Pick<AutoUpdater, "on">;
  readonly powerMonitor: Pick<PowerMonitor, "on">;
  readonly window: Pick<BrowserWindow, "on"> | undefined;
  readonly platform: NodeJS.Platform;
  readonly hurry: () => void;
  /** Lets the windows close. */
  readonly release: () => void;
}): void {
  const { app, autoUpdater, powerMonitor, window, platform, hurry, release } = parts;
  // A listener of it on Linux holds the shutdown up.
  if (platform === "darwin") powerMonitor.on("shutdown", hurry);
  window?.on("session-end", () => {
    hurry();
    app.quit();
  });
  autoUpdater.on("before-quit-for-update", () => {
    hurry();
    release();
  });
}
