#!/usr/bin/env node
// `pipit`. Plain JavaScript, so that an older Node can read it and say what is missing, and so that TypeScript is only
// loaded after the compile cache was switched on: what it holds needs no compiler, which saves the half of a start.
import { existsSync, mkdirSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const oldestNode = 24;
const root = fileURLToPath(new URL("..", import.meta.url));
const builtProgram = new URL("../dist/cli/main.js", import.meta.url).href;

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  process.stderr.write(
    `pipit: This needs Node ${oldestNode}, and the one found is ${process.version}. ` +
      "On Linux, `npx pipit` in Pipit's folder brings its own; elsewhere install Node 24.\n",
  );
  process.exitCode = 1;
} else {
  keepCompiledCode();
  await import((await isBuilt()) ? builtProgram : "./main.ts");
}

/** In the person's own folder: in the shared temporary one, another user could leave code for us to run. */
function keepCompiledCode() {
  try {
    // As homeOf of contract/environment.ts, which cannot be loaded yet.
    const home = resolve(process.env["PIPIT_HOME"] || join(homedir(), ".pipit"));
    const folder = join(home, "cache", "compiled");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    nodeModule.enableCompileCache(folder);
    // For the Node programs that this one starts, too.
    process.env["NODE_COMPILE_CACHE"] ??= folder;
  } catch {
    // It is only a shortcut; whatever is wrong with the folder is reported by those who need it.
  }
}

/** The built client starts in a third of the time; in a checkout where it is missing or stale, the source runs. */
async function isBuilt() {
  if (!existsSync(new URL(builtProgram))) return false;
  const stamps = new URL("../tools/build/build-stamp.ts", import.meta.url);
  // A copy without tools has what it came with.
  return !existsSync(stamps) || (await import(stamps.href)).isFresh(root, "cli");
}
