import { spawn } from "node:child_process";
import type { Environment } from "#contract/environment.ts";

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const INTERRUPTED = 130;
const FAILED = 1;

/** Runs a program in our place: its streams and signals are ours, and so is its exit code. */
export function runProgram(command: string, args: readonly string[], env: Environment): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit", env });
  const forward = (name: NodeJS.Signals): void => {
    // A terminal's Ctrl-C reaches the whole process group by itself; a second copy would mean "stop at once".
    if (name !== "SIGINT" || !process.stdin.isTTY) child.kill(name);
  };
  for (const name of forwarded) process.on(name, forward);
  return new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, name) => resolve(code ?? (name === "SIGINT" ? INTERRUPTED : FAILED)));
  }).finally(() => {
    for (const name of forwarded) process.off(name, forward);
  });
}
