import type { ExitCode } from "../kit/exit-codes.ts";
import { serverEntry } from "../kit/server-entry.ts";
import { runServerProgram } from "./run-server-program.ts";

/** `pipit serve`: the backend parses its own flags, and ends as it is told to by signals. */
export function serve(args: readonly string[]): Promise<ExitCode | number> {
  return runServerProgram(serverEntry, args);
}
