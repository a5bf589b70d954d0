import { mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";

/** Code in the archive of a packaged app, whose bytes the app's own signature vouches for. */
const PACKED = /[\\/]app\.asar(?:\.unpacked)?[\\/]/u;

/**
 * Keeps the compiled form of our modules for the next start, which is then about a third faster. In the person's own
 * folder: in the shared temporary one, another user could leave code for us to run. Not for packed code: what lies in
 * the home would run in a signed program past the check of its archive.
 *
 * @param program a file of ours
 */
export function keepCompiledCode(home: string, program = import.meta.url): void {
  if (PACKED.test(program)) return;
  try {
    const folder = join(home, "cache", "compiled");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // The cache only saves time; code that needs the folder reports what is wrong with it.
  }
}
