import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs Node with these arguments and says how long it took, in ms. */
export async function timeUntilExit(args: readonly string[], signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: "ignore", signal });
  await once(child, "exit");
  return performance.now() - startedMs;
}
