import { askApp } from "#engine/node/processes/app-control.ts";
import type { CliConfig } from "../kit/config.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";

/**
 * `pipit toggle`: shows or hides the window of the app that runs, for a key of the desktop's own settings where an app
 * cannot have a global hotkey.
 *
 * @throws PipitError SERVER_UNREACHABLE when no app runs.
 */
export async function toggle(config: CliConfig): Promise<ExitCode> {
  await askApp(config.home, { command: "toggle" }, new AbortController().signal);
  return exitCodes.done;
}
