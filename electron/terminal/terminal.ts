import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { App } from "electron";
import type { Environment } from "#contract/environment.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";

/** As the shell gives it for a program that SIGINT has ended. */
const INTERRUPTED = 130;

/** The terminal client's program (cli/program.ts), which is loaded by its path: the desktop holds no code of it. */
interface CliProgram {
  runProgram(args: readonly string[], env: Environment, launcher: ChildLauncher): Promise<void>;
}

/**
 * Becomes the terminal client: `Pipit --cli chat ...`. The main process has the terminal's streams, which a utility process
 * has not; Electron must be ready, because helpers are utility processes. Nothing of the desktop is started, and the app
 * that may be running is left alone.
 *
 * @param programUrl of dist/cli/program.js
 */
export async function runTerminal(
  app: Pick<App, "setPath" | "on" | "whenReady" | "exit">,
  args: readonly string[],
  host: {
    readonly home: string;
    readonly env: Environment;
    readonly programUrl: string;
    readonly launcher: ChildLauncher;
  },
): Promise<void> {
  // Chromium's files of the desktop belong to the desktop.
  const folder = join(host.home, "cache", "terminal");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  app.setPath("userData", folder);
  // Ctrl-C, where no command listens for it: Electron would end as if all were well.
  app.on("before-quit", (event) => {
    event.preventDefault();
    app.exit(INTERRUPTED);
  });
  try {
    await app.whenReady();
    const { runProgram } = (await import(host.programUrl)) as CliProgram;
    await runProgram(args, host.env, host.launcher);
    app.exit(Number(process.exitCode ?? 0));
  } catch (error) {
    process.stderr.write(`pipit: ${error instanceof Error ? error.message : String(error)}\n`);
    app.exit(1);
  }
}
