import { pathToFileURL } from "node:url";
import type { Environment } from "#contract/environment.ts";
import { mayBuild } from "../kit/config.ts";
import { buildSoon, serverProgram, type ServerProgram } from "../kit/server-program.ts";

/** A command of `pipit` that is a program of the backend. */
export interface BackendCommand {
  readonly program: ServerProgram;
  /** The program parses them itself, --help included. */
  readonly args: readonly string[];
}

/** The backend's command in this command line; undefined when it is one of the client's own. */
export function commandOf([name, ...args]: readonly string[]): BackendCommand | undefined {
  if (name === "serve") return { program: "main", args };
  if (name === "admin") return { program: "admin", args };
  // Short for the groups of these names.
  return isShort(name) ? { program: "admin", args: [name, ...args] } : undefined;
}

function isShort(name: string | undefined): name is string {
  return name === "keys" || name === "audit" || name === "memory";
}

/**
 * Becomes a program of the backend: it takes over arguments, streams and signals, and sets the exit code. One process:
 * killing it leaves nothing of the backend behind. The program is loaded by its path, so a client holds no code of it.
 */
export async function runBackend({ program, args }: BackendCommand, env: Environment): Promise<void> {
  const path = await serverProgram(program);
  process.argv = [process.execPath, path, ...args];
  if (program === "main" && mayBuild(env)) buildSoon(["server", "window", "cli"]);
  await import(pathToFileURL(path).href);
}
