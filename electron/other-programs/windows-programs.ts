import { setTimeout as sleep } from "node:timers/promises";
import { execFile } from "node:child_process";
import { win32 } from "node:path";
import { promisify } from "node:util";
import type { OtherPrograms } from "./front-program.ts";

const run = promisify(execFile);
const SCRIPT_WITHIN_MS = 5_000;
/** Longest wait for our window to lose the keyboard; one of Pipit that stays open never does. */
const GIVEN_BACK_WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 50;
const PASTE = "(New-Object -ComObject WScript.Shell).SendKeys('^v')";

/** Windows gives the keyboard back to the window before when ours is minimised; who that is, it tells native programs only. */
export function createWindowsPrograms(
  systemRoot: string,
  hasKeyboard: () => boolean,
  script: (program: string, args: readonly string[]) => Promise<unknown> = runScript,
): OtherPrograms {
  const program = win32.join(systemRoot, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
  return {
    front: async () => ({ id: 0, name: "", title: "" }),
    async paste() {
      const endMs = performance.now() + GIVEN_BACK_WITHIN_MS;
      while (hasKeyboard()) {
        if (performance.now() > endMs) return false;
        await sleep(LOOK_EVERY_MS);
      }
      return await script(program, ["-NoProfile", "-NonInteractive", "-Command", PASTE]).then(
        () => true,
        () => false,
      );
    },
  };
}

async function runScript(program: string, args: readonly string[]): Promise<unknown> {
  return await run(program, [...args], { timeout: SCRIPT_WITHIN_MS, windowsHide: true });
}
