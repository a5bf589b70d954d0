import type { App, Dialog } from "electron";
import type { Logger } from "#contract/logger.ts";
import { textsFor } from "./texts.ts";

export interface FaultDeps {
  readonly app: Pick<App, "exit" | "getLocale">;
  readonly dialog: Pick<Dialog, "showErrorBox">;
  readonly logger: Logger;
  /** Where the log is, for the person. */
  readonly logPath: string;
}

/**
 * Ends the app when main has an error that nothing caught: what it would do from then on is unknown. Electron's own answer is
 * a dialog with a stack trace, and an app that goes on.
 */
export function endOnFault(
  program: Pick<NodeJS.Process, "on">,
  { app, dialog, logger, logPath }: FaultDeps,
): void {
  let ending = false;
  const end = (reason: unknown): void => {
    // The dialog waits for the person, and more may fail meanwhile.
    if (ending) return;
    ending = true;
    const error = reason instanceof Error ? reason : new Error(String(reason));
    logger.error("main.fault", { reason: error.message, stack: error.stack });
    dialog.showErrorBox("Pipit", textsFor("system", app.getLocale()).fault(logPath));
    app.exit(1);
  };
  program.on("uncaughtException", end);
  program.on("unhandledRejection", end);
}

/**
 * Writes down what else of the app has ended, such as the process that draws. Chromium starts that one anew, without the
 * graphics card when it goes on crashing, so nothing is lost and the person is not disturbed.
 */
export function noteLostProcesses(app: Pick<App, "on">, logger: Logger): void {
  app.on("child-process-gone", (_event, { type, reason, exitCode, name }) => {
    // Those that we end ourselves are "killed".
    if (reason !== "clean-exit" && reason !== "killed")
      logger.warn("process.gone", { type, reason, exitCode, name });
  });
}
