#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { exitCodes } from "./exit-codes.ts";

/**
 * The terminal client's composition root. A second start reads compiled code from Node's cache (in the system's
 * temporary folder), which is why everything else is imported after it is switched on.
 */
enableCompileCache();
const [{ runCli }, { processEnvironment }] = await Promise.all([import("./run.ts"), import("./config.ts")]);

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: processEnvironment(),
});

// A reader that went away (`pipit chat --once ... | head -1`) is no reason for a stack trace.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exitCode = exitCodes.done;
});
