import { join } from "node:path";
import * as argon2 from "@node-rs/argon2";
import { createMigratedDatabase } from "#server/testing/postgres-databases.ts";
import { startPostgres } from "#tools/test/postgres-server.ts";
import { startAuthServer, startBareOidc, type AuthServer, type PipitAuthServer } from "./lib/auth-server.ts";
import {
  measureThroughput,
  postgresCpuMs,
  typical,
  type Measured,
  type Throughput,
} from "./lib/processor-time.ts";
import { toResult, type BenchResult, type Goal } from "./lib/result.ts";
import { interleave, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 2, measured: 5 };
const tokens = { workers: 10, requests: 800 };
/** Two are hashed at once on two cores; the others wait. */
const logins = { workers: 6, requests: 60 };
const sizes = { accounts: 500, sessions: 300 };
/** Hashes that are checked for the baseline in each round. */
const bareHashes = 30;
const msPerSecond = 1_000;

const databases = ["sqlite", "postgres"] as const;
type Samples = ReadonlyMap<string, readonly Throughput[]>;

/**
 * Tokens and sign-ins per second of processor time of the server's process, with RS256-2048, on both databases, in turns
 * with oidc-provider by itself in memory and with the password hash by itself. The load has a process of its own; so has
 * PostgreSQL, whose processor time is a figure of its own.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using postgres = await startPostgres(signal);
  await using database = await createMigratedDatabase(postgres.url);
  await using onPostgres = await startAuthServer({ ...sizes, databaseUrl: database.url }, signal);
  await using onSqlite = await startAuthServer(sizes, signal);
  await using bare = await startBareOidc(signal);
  const databaseCpuMs = (): Promise<number> => postgresCpuMs(join(postgres.socketFolder, "data"));
  const contenders: readonly Contender<Throughput>[] = [
    ...tokenContenders("bare", bare),
    ...tokenContenders("sqlite", onSqlite),
    ...tokenContenders("postgres", onPostgres, databaseCpuMs),
    loginContender("sqlite", onSqlite),
    loginContender("postgres", onPostgres, databaseCpuMs),
    { name: "bare.login", measure: () => measureHash(onSqlite) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  return databases.flatMap((name) => [
    ...figures(samples, name, "refresh", { of: "value", atLeast: 450 }),
    ...figures(samples, name, "client-credentials", { of: "value", atLeast: 700 }),
    ...figures(samples, name, "login", { of: "value", atLeast: 40 }),
  ]);
}

function tokenContenders(
  name: string,
  { program, client }: AuthServer,
  databaseCpuMs?: Measured["databaseCpuMs"],
): readonly Contender<Throughput>[] {
  const measured = { program, ...(databaseCpuMs === undefined ? {} : { databaseCpuMs }) };
  return [
    {
      name: `${name}.refresh`,
      measure: (signal) => measureThroughput(measured, tokens, () => client.refresh(), signal),
    },
    {
      name: `${name}.client-credentials`,
      measure: (signal) => measureThroughput(measured, tokens, () => client.clientCredentials(), signal),
    },
  ];
}

function loginContender(
  name: string,
  { program, login }: PipitAuthServer,
  databaseCpuMs?: Measured["databaseCpuMs"],
): Contender<Throughput> {
  const measured = { program, ...(databaseCpuMs === undefined ? {} : { databaseCpuMs }) };
  return {
    name: `${name}.login`,
    measure: (signal) => measureThroughput(measured, logins, login, signal),
  };
}

/** The password hash with nothing around it, as many at once as under the load; in this process, which does nothing else. */
async function measureHash({ data }: PipitAuthServer): Promise<Throughput> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const check = async (): Promise<void> => {
    for (let index = 0; index < bareHashes / 2; index += 1)
      await argon2.verify(data.passwordHash, data.password);
  };
  await Promise.all([check(), check()]);
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = performance.now() - startedMs;
  return {
    cpuMs: (user + system) / 1000 / bareHashes,
    databaseCpuMs: 0,
    perSecond: (bareHashes * msPerSecond) / elapsedMs,
  };
}

function figures(
  samples: Samples,
  database: (typeof databases)[number],
  work: "refresh" | "client-credentials" | "login",
  goal: Goal,
): readonly BenchResult[] {
  const pipit = typical(samples.get(`${database}.${work}`));
  const bare = typical(samples.get(`bare.${work}`));
  const name = `auth.${database}.${work}`;
  const baselineName = work === "login" ? "argon2id alone" : "bare oidc-provider, in memory";
  return [
    toResult({
      name: `${name}.per-core`,
      unit: "requests/CPU-s",
      value: msPerSecond / pipit.cpuMs,
      baseline: msPerSecond / bare.cpuMs,
      baselineName,
      goal,
    }),
    toResult({
      name: `${name}.cpu`,
      unit: "ms/request",
      value: pipit.cpuMs,
      baseline: bare.cpuMs,
      baselineName,
      // 0.8 times as many a second.
      ...(work === "refresh" ? { goal: { of: "ratio", atMost: 1.25 } } : {}),
    }),
    toResult({
      name: `${name}.wall`,
      unit: "requests/s",
      value: pipit.perSecond,
      baseline: bare.perSecond,
      baselineName,
    }),
    ...(database === "postgres"
      ? [toResult({ name: `${name}.database-cpu`, unit: "ms/request", value: pipit.databaseCpuMs })]
      : []),
  ];
}
