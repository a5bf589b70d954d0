import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod/mini";
import { PROGRAM_TEXT_MAX_CHARS, type FrontProgram, type OtherPrograms } from "./front-program.ts";

const run = promisify(execFile);
const SCRIPT_WITHIN_MS = 2_000;

/** Needs no permission. The title of the window would need the one for recording the screen, and is not asked for. */
const FRONT = `ObjC.import("AppKit");
const app = $.NSWorkspace.sharedWorkspace.frontmostApplication;
JSON.stringify({ id: app.processIdentifier, name: ObjC.unwrap(app.localizedName) });`;

/** Cmd+V: key 9 stands where V is on all layouts but Dvorak and Bépo. Needs the permission for accessibility. */
const PASTE = `ObjC.import("CoreGraphics");
for (const down of [true, false]) {
  const key = $.CGEventCreateKeyboardEvent($(), 9, down);
  $.CGEventSetFlags(key, $.kCGEventFlagMaskCommand);
  $.CGEventPost($.kCGHIDEventTap, key);
}`;

const frontSchema = z.object({ id: z.int(), name: z.string() });

/** macOS by its own script runner: Pipit's panel leaves the program under it the active one. */
export function createMacPrograms(
  mayControl: () => boolean,
  script: (source: string) => Promise<string> = runScript,
): OtherPrograms {
  const front = async (): Promise<FrontProgram | undefined> => {
    const { data } = frontSchema.safeParse(JSON.parse(await script(FRONT)));
    if (data === undefined || data.id === process.pid) return undefined;
    return { id: data.id, name: data.name.slice(0, PROGRAM_TEXT_MAX_CHARS).toWellFormed(), title: "" };
  };
  return {
    front: () => front().catch(() => undefined),
    async paste({ id }) {
      if (!mayControl()) return false;
      try {
        if ((await front())?.id !== id) return false;
        await script(PASTE);
        return true;
      } catch {
        return false;
      }
    },
  };
}

async function runScript(source: string): Promise<string> {
  const { stdout } = await run("/usr/bin/osascript", ["-l", "JavaScript", "-e", source], {
    timeout: SCRIPT_WITHIN_MS,
  });
  return stdout;
}
