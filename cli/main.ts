#!/usr/bin/env node
import { mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { homeOf, processEnvironment, shareCompiledCode } from "./kit/config.ts";
import { exitCodes } from "./kit/exit-codes.ts";

/** The terminal client's composition root. Only what is loaded after `keepCompiledCode` comes from Node's cache. */
const env = processEnvironment();
keepCompiledCode(homeOf(env));
const { runCli } = await import("./run.ts");

// A reader that went away (`pipit chat --once ... | head -1`) is no reason for a stack trace.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exitCode = exitCodes.done;
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env,
});

/** In the person's own folder: in the shared temporary one, another user could leave code for us to run. */
function keepCompiledCode(home: string): void {
  try {
    const folder = join(home, "cache", "compiled");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
    shareCompiledCode(folder);
  } catch {
    // It is only a shortcut; whatever is wrong with the folder is reported by those who need it.
  }
}
