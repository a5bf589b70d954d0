import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { app, dialog, protocol, utilityProcess } from "electron";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { visibleText } from "#contract/terminal-text.ts";
import { refuseMisspeltVariables } from "#contract/names/setting-names.ts";
import { createFileLogger } from "#engine/node/files/file-logger.ts";
import { storageError } from "#engine/node/files/private-files.ts";
import { trustAuthoritiesOf } from "#engine/node/http/trusted-authorities.ts";
import { declareAppScheme } from "./windows/app-protocol.ts";
import { builtParts, readConfig } from "./shell/config.ts";
import { endOnFault, noteLostProcesses } from "./shell/fault.ts";
import { desktopFolder, openDesktopFiles } from "./shell/settings-file.ts";
import { takeSingleInstance } from "./shell/single-instance.ts";
import { runTerminal } from "./terminal/terminal.ts";
import { createUtilityLauncher } from "./processes/utility-launcher.ts";
import { startDesktop, type Desktop } from "./shell/start-desktop.ts";

/** Exit code of a wrong command line, as of `pipit`. */
const USAGE = 2;

/**
 * The desktop app's first lines: what must happen before Electron is ready. Nothing here may wait at the top level, because
 * Electron is not ready before this file has been run.
 */
const config = readConfig();
app.setName("Pipit");
if (config.terminalArgs !== undefined) void openTerminal(config.terminalArgs);
else if (config.misspelt !== undefined) refuse(config.misspelt);
else openDesktop();

/** In the words of the terminal client. Electron that is not ready yet ends at once. */
function refuse({ given, meant }: NonNullable<typeof config.misspelt>): void {
  process.stderr.write(visibleText(`error: unknown option '${given}'\n(Did you mean ${meant}?)\n`));
  app.exit(USAGE);
}

function openTerminal(args: readonly string[]): Promise<void> {
  const { home, env } = config;
  const { terminal } = builtParts(import.meta.url);
  const launcher = createUtilityLauncher(utilityProcess, () => undefined);
  return runTerminal(app, args, { home, env, programUrl: terminal, launcher });
}

function openDesktop(): void {
  const logger = createFileLogger(config.home);
  const started = Promise.withResolvers<Desktop>();
  // A second start may come before this one is done.
  const whenStarted = (work: (desktop: Desktop) => void): void =>
    void started.promise.then(work, () => undefined);

  endOnFault(process, { app, dialog, logger, logPath: join(config.home, "client.log") });
  noteLostProcesses(app, logger);
  // Each PIPIT_HOME is an app of its own, with its own lock.
  const userData = join(desktopFolder(config.home), "electron");
  try {
    mkdirSync(userData, { recursive: true, mode: 0o700 });
  } catch (error) {
    void endUnstarted(storageError(error, config.home), logger);
    return;
  }
  app.setPath("userData", userData);

  const first = takeSingleInstance(
    app,
    (wish) => whenStarted((desktop) => desktop[wish]()),
    (link) => whenStarted((desktop) => desktop.openLink(link)),
  );
  if (!first) {
    app.quit();
    return;
  }
  app.enableSandbox();
  declareAppScheme(protocol);
  // No icon in the Dock, from the first moment on: a change after the app is ready takes its time, and the focus with it.
  if (process.platform === "darwin") app.setActivationPolicy("accessory");
  // The app lives in the tray, with or without a window.
  app.on("window-all-closed", () => undefined);
  void start(logger, started);
}

async function start(logger: Logger, started: PromiseWithResolvers<Desktop>): Promise<void> {
  try {
    refuseMisspeltVariables(config.env);
    if (config.caFile !== undefined) trustAuthoritiesOf(config.caFile);
    const [files] = await Promise.all([openDesktopFiles(config.home, logger), app.whenReady()]);
    const desktop = await startDesktop({ config, files, logger, parts: builtParts(import.meta.url) });
    started.resolve(desktop);
    if (config.deepLink !== undefined) desktop.openLink(config.deepLink);
    // There is no window yet that a toggle could hide.
    else if (config.wish !== undefined) desktop.show();
  } catch (reason) {
    const error = PipitError.from(reason);
    started.reject(error);
    started.promise.catch(() => undefined);
    await endUnstarted(error, logger);
  }
}

/** Tells the person what keeps the app from starting. */
async function endUnstarted(error: PipitError, logger: Logger): Promise<void> {
  logger.error("desktop.not_started", { code: error.code, reason: error.detail ?? error.message });
  await app.whenReady();
  dialog.showErrorBox("Pipit", error.message);
  app.exit(1);
}
