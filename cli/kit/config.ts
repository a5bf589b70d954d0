import type { Environment } from "#contract/environment.ts";

/** The process's own environment; everything else is handed it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** PIPIT_BUILD=never: a checkout builds nothing by itself. */
export function mayBuild(env: Environment): boolean {
  return env["PIPIT_BUILD"] !== "never";
}
