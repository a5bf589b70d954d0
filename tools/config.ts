import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The environment, as the tools and the programs that they start see it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function processEnvironment(): Environment {
  return process.env;
}

/** PIPIT_HOME, absolute. */
export function homeOf(env: Environment): string {
  return resolve(env["PIPIT_HOME"] || join(homedir(), ".pipit"));
}
