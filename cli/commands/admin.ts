import { fileURLToPath } from "node:url";
import type { ExitCode } from "../kit/exit-codes.ts";
import { runServerProgram } from "./run-server-program.ts";

const adminEntry = fileURLToPath(new URL("../../server/admin/main.ts", import.meta.url));

/**
 * `pipit admin ...`, and `pipit keys ...` and `pipit audit ...` for its groups of those names: they work on the server's
 * own database, so they are a program of the server, which parses its own arguments.
 */
export function admin(args: readonly string[]): Promise<ExitCode | number> {
  return runServerProgram(adminEntry, args);
}
