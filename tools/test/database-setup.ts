import type { TestProject } from "vitest/node";
import { keepProgramsCompiled } from "./compiled-code.ts";
import { findMissing } from "./parts.ts";
import { startServices, type ServiceName } from "./services.ts";

/** A fresh checkout has to be built. */
const startTimeoutMs = 10 * 60_000;
const variables = { postgres: "PIPIT_TEST_DATABASE_URL", redis: "PIPIT_TEST_REDIS_URL" } as const;

/**
 * What vitest runs once before the integration tests: hands them the servers that `npm test` has started, or starts
 * what is missing, so that one file can be run by hand. Tests read the addresses by `inject("postgresUrl")`.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const signal = AbortSignal.timeout(startTimeoutMs);
  const wanted = (["postgres", "redis"] as const).filter(
    (name) => process.env[variables[name]] === undefined,
  );
  const startable = wanted.length === 0 ? [] : await installed(wanted, signal);
  const [services] = await Promise.all([startServices(startable, signal), keepProgramsCompiled(signal)]);
  const urlOf = (name: "postgres" | "redis"): string =>
    process.env[variables[name]] ?? services.env[variables[name]] ?? "";
  project.provide("postgresUrl", urlOf("postgres"));
  project.provide("redisUrl", urlOf("redis"));
  return async () => await services[Symbol.asyncDispose]();
}

async function installed(
  names: readonly ServiceName[],
  signal: AbortSignal,
): Promise<readonly ServiceName[]> {
  const missing = (await findMissing(signal)).map(({ part }) => part.name);
  return names.filter((name) => !missing.includes(name));
}
