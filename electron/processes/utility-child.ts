import type { UtilityProcess, utilityProcess } from "electron";
import { withOwnBytes } from "#contract/processes/own-bytes.ts";

/** The part of Electron's `utilityProcess` that is needed. */
export type Forker = Pick<typeof utilityProcess, "fork">;

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
