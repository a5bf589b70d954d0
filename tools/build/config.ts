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

/**
 * Runs `work` as if NODE_ENV were "production". Vite takes it as it finds it, and test runners set "test": the window
 * would get React's development version, which is slower and larger.
 */
export async function inProduction<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}
