import { mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Keeps the compiled form of our modules for the next start, which is then about a third faster. In the person's own
 * folder: in the shared temporary one, another user could leave code for us to run.
 */
export function keepCompiledCode(home: string): void {
  try {
    const folder = join(home, "cache", "compiled");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // The cache only saves time; code that needs the folder reports what is wrong with it.
  }
}
