#!/usr/bin/env node
import { commandOf, runBackend } from "./commands/backend.ts";
import { processEnvironment } from "./kit/config.ts";
import { exitCodes } from "./kit/exit-codes.ts";

/**
 * The terminal client's composition root; what a command does not need is not loaded. It starts on its own, too: copies of
 * npx remember a `pipit` that was this file.
 */
const args = process.argv.slice(2);
const env = processEnvironment();
const backend = commandOf(args);

// A reader that went away (`pipit chat --once ... | head -1`) is no reason for a stack trace.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exitCode = exitCodes.done;
});

if (backend === undefined) {
  const { runCli } = await import("./run.ts");
  process.exitCode = await runCli(args, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env,
  });
} else {
  await runBackend(backend, env);
}
