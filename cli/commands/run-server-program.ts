import { spawn } from "node:child_process";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";

const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Starts one of the backend's own programs, hands it our arguments, streams and signals, and resolves to how it ended.
 * It is started, never imported, so that a client holds no server code.
 *
 * @param entry path of the program's file
 */
export function runServerProgram(entry: string, args: readonly string[]): Promise<ExitCode | number> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: "inherit" });
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
