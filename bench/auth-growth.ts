import { join } from "node:path";
import { createMigratedDatabase } from "#server/testing/postgres-databases.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { fillAuthData } from "./data/auth-filler.ts";
import { startAuthServer, type PipitAuthServer } from "./lib/auth-server.ts";
import {
  measureThroughput,
  postgresCpuMs,
  typical,
  type Measured,
  type Throughput,
} from "./lib/processor-time.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 2, measured: 5 };
const tokens = { workers: 4, requests: 500 };
const logins = { workers: 4, requests: 40 };
/** Made by the server's own code, and more of them would take long; the others by SQL. */
const most = { accounts: 10, sessions: 1_000 };
const sizes = { sqlite: [10, 100_000, 1_000_000], postgres: [10, 100_000] } as const;
const databases = ["sqlite", "postgres"] as const;
type DatabaseName = (typeof databases)[number];

/**
 * What a refresh and a sign-in cost the server and its database when there are ten people, a hundred thousand, a million:
 * processor time of both, in turns.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using owner = new AsyncDisposableStack();
  const postgres = owner.use(await startPostgres(signal));
  const contenders: Contender<Throughput>[] = [];
  for (const database of databases) {
    for (const size of sizes[database]) {
      const server = await startFilled(database, size, postgres, owner, signal);
      contenders.push(...contendersOf(nameOf(database, size), server, database, postgres));
    }
  }
  const samples = await interleave(contenders, rounds, signal);
  const costOf = (name: string): number => {
    const { cpuMs, databaseCpuMs } = typical(samples.get(name));
    return cpuMs + databaseCpuMs;
  };
  return databases.flatMap((database) =>
    sizes[database].slice(1).flatMap((size) =>
      (["refresh", "login"] as const).map((work) =>
        toResult({
          name: `auth-growth.${database}.${work}.${size}`,
          unit: "ms/request",
          value: costOf(`${nameOf(database, size)}.${work}`),
          baseline: costOf(`${nameOf(database, 10)}.${work}`),
          baselineName: "10 users",
          goal: { of: "ratio", atMost: 1.2 },
        }),
      ),
    ),
  );
}

async function startFilled(
  database: DatabaseName,
  size: number,
  postgres: PostgresServer,
  owner: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<PipitAuthServer> {
  const databaseUrl =
    database === "postgres" ? owner.use(await createMigratedDatabase(postgres.url)).url : undefined;
  return owner.use(
    await startAuthServer(
      {
        accounts: most.accounts,
        sessions: Math.min(size, most.sessions),
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        ...(size === most.accounts
          ? {}
          : { fill: (place, data) => fillAuthData(place, data, size - most.accounts) }),
      },
      signal,
    ),
  );
}

function contendersOf(
  name: string,
  { program, client, login }: PipitAuthServer,
  database: DatabaseName,
  postgres: PostgresServer,
): readonly Contender<Throughput>[] {
  const data = join(postgres.socketFolder, "data");
  const measured: Measured = {
    program,
    ...(database === "postgres" ? { databaseCpuMs: () => postgresCpuMs(data) } : {}),
  };
  return [
    {
      name: `${name}.refresh`,
      measure: (signal) => measureThroughput(measured, tokens, () => client.refresh(), signal),
    },
    { name: `${name}.login`, measure: (signal) => measureThroughput(measured, logins, login, signal) },
  ];
}

function nameOf(database: DatabaseName, size: number): string {
  return `${database}.${size}`;
}
