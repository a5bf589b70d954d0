import type { Environment } from "#contract/environment.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import { commandOf, runBackend } from "./commands/backend.ts";
import { exitCodes } from "./kit/exit-codes.ts";

/**
 * Runs one command line with this process's streams, and leaves the exit code in `process.exitCode`; what a command does not
 * need is not loaded.
 *
 * @param launcher how helpers are started where this program's own binary is no Node: in the desktop app
 */
export async function runProgram(
  args: readonly string[],
  env: Environment,
  launcher?: ChildLauncher,
): Promise<void> {
  // A reader that went away (`pipit chat --once ... | head -1`) is no reason for a stack trace.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exitCode = exitCodes.done;
  });
  const backend = commandOf(args);
  if (backend !== undefined) {
    await runBackend(backend, env);
    return;
  }
  const { runCli } = await import("./run.ts");
  const { stdin, stdout, stderr } = process;
  process.exitCode = await runCli(args, { stdin, stdout, stderr, env, launcher });
}
