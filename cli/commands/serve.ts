import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { exitCodes, type ExitCode } from "../exit-codes.ts";

/** The backend's own program; it is started, never imported, so that a client holds no server code. */
export const serverEntry: string = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * `pipit serve`: hands its arguments, streams and signals to the backend and ends as it ends. The backend parses its
 * own flags, so `pipit serve --help` is its help.
 */
export function serve(args: readonly string[]): Promise<ExitCode | number> {
  const child = spawn(process.execPath, [serverEntry, ...args], { stdio: "inherit" });
  const forward = (signal: NodeJS.Signals): void => {
    // A terminal's Ctrl-C reaches the whole process group by itself; a second copy would mean "stop at once".
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const name of FORWARDED) process.off(name, forward);
      resolve(code ?? (signal === "SIGINT" ? exitCodes.interrupted : exitCodes.failed));
    });
  });
}
