#!/usr/bin/env node
import { PipitError } from "#contract/pipit-error.ts";
import { visibleText } from "#contract/terminal-text.ts";
import { adminExit } from "./admin-deps.ts";
import { runAdminProgram } from "./run.ts";
import { programInput } from "../config/config.ts";

// A reader that went away (`pipit audit list | head`) is no reason for a stack trace.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  process.exitCode = await runAdminProgram(programInput(import.meta.url), process);
} catch (reason) {
  process.exitCode = await explain(reason);
}

async function explain(reason: unknown): Promise<number> {
  if (reason instanceof Error && "code" in reason && reason.code === "EPIPE") return adminExit.done;
  const error = PipitError.from(reason);
  process.stderr.write(visibleText(`pipit admin: ${error.message}\n`));
  // An unexpected error is worth its trace; one of ours has a message that says what to do.
  if (error.code === "INTERNAL") {
    const { redactText } = await import("../observe/logger.ts");
    const cause = reason instanceof PipitError ? (reason.cause ?? reason) : reason;
    process.stderr.write(
      `${redactText(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))}\n`,
    );
  }
  return error.code === "USAGE" ? adminExit.usage : adminExit.failed;
}
