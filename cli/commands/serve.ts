import { fileURLToPath } from "node:url";
import type { ExitCode } from "../exit-codes.ts";
import { runServerProgram } from "./run-server-program.ts";

/** The backend's own program. */
export const serverEntry: string = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** `pipit serve`: the backend parses its own flags, and ends as it is told to by signals. */
export function serve(args: readonly string[]): Promise<ExitCode | number> {
  return runServerProgram(serverEntry, args);
}
