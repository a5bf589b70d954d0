import type { App } from "electron";
import type { Logger } from "#contract/logger.ts";

/** A person who quits does not wait longer than this. */
const QUIT_TIMEOUT_MS = 5_000;

/**
 * Ends everything before the app ends: `cleanUp` disposes of engine, speaker and server and flushes what is unsaved. It has
 * five seconds; a second quit ends the app at once.
 */
export function cleanUpBeforeQuit(
  app: Pick<App, "on" | "quit" | "exit">,
  cleanUp: () => Promise<void>,
  logger: Logger,
): void {
  let state: "running" | "ending" | "ended" = "running";
  const end = async (): Promise<void> => {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), QUIT_TIMEOUT_MS);
    const result = await Promise.race([
      cleanUp().catch((error: unknown) => logger.error("quit.failed", { error })),
      late.promise,
    ]);
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
    event.preventDefault();
    if (state === "ending") {
      app.exit(0);
      return;
    }
    state = "ending";
    void end();
  });
}
