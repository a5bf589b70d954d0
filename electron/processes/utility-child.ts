import type { UtilityProcess, utilityProcess } from "electron";
import { withOwnBytes } from "#contract/processes/own-bytes.ts";

/** The part of Electron's `utilityProcess` that is needed. */
export type Forker = Pick<typeof utilityProcess, "fork">;

/**
 * Starts one. What V8 says of a process that it must end (no memory) is an "error" event, which would end the app if
 * nothing listened; "exit" follows it.
 */
export function forkChild(utilityProcess: Forker, ...args: Parameters<Forker["fork"]>): UtilityProcess {
  return utilityProcess.fork(...args).on("error", () => undefined);
}

/** Sends a message to a utility process, and nothing of main's memory with it. */
export function postTo(child: UtilityProcess, message: unknown): void {
  child.postMessage(withOwnBytes(message));
}

/** Our server takes SIGTERM, which `kill` sends, as a wish. */
export function endNow(child: UtilityProcess): void {
  const { pid } = child;
  child.kill();
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
