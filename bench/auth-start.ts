import { fillAuthData } from "./data/auth-filler.ts";
import { prepareAuthData } from "./data/auth-data.ts";
import { startAuthServer, startBareOidc, type AuthServer } from "./lib/auth-server.ts";
import { runClosed } from "./lib/load.ts";
import { makeHome, startPipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, type Contender } from "./lib/statistics.ts";
import { timeUntilExit } from "./lib/time-until-exit.ts";

const rounds = { warmups: 1, measured: 9 };
const sizes = { accounts: 500, sessions: 300 };
const tokens = { workers: 10, requests: 3_000 };
const logins = { workers: 6, requests: 150 };
const manyUsers = 100_000;
const bytesPerMegabyte = 1_000_000;
const readyMs = 1_500;

/**
 * What the auth service costs before and after its work: `pipit serve` until it says that it is ready, the first time
 * (which makes the keys and the database), again, and with a hundred thousand accounts; and the memory that the server
 * holds after thousands of tokens and sign-ins, with nothing collected for the occasion.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  return [...(await startFigures(signal)), ...(await memoryFigures(signal))];
}

async function startFigures(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using used = await makeHome();
  await using full = await makeHome();
  const data = await prepareAuthData({ home: full.path }, sizes);
  await fillAuthData({ home: full.path }, data, manyUsers);
  const contenders: readonly Contender[] = [
    { name: "node -e 0", measure: (inner) => timeUntilExit(["-e", "0"], inner) },
    { name: "first", measure: (inner) => timeStart(inner) },
    { name: "again", measure: (inner) => timeStart(inner, used.path) },
    { name: `with-${manyUsers}-users`, measure: (inner) => timeStart(inner, full.path) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  return contenders.slice(1).map(({ name }) =>
    toResult({
      name: `auth-start.ready.${name}`,
      unit: "ms",
      value: median(samples.get(name) ?? []),
      baseline: median(samples.get("node -e 0") ?? []),
      baselineName: "node -e 0",
      goal: { of: "value", atMost: readyMs },
    }),
  );
}

async function timeStart(signal: AbortSignal, home?: string): Promise<number> {
  const startedMs = performance.now();
  await using server = await startPipitMain({ OLLAMA_HOST: "http://127.0.0.1:9" }, signal, home);
  const elapsedMs = performance.now() - startedMs;
  if (server.pid === process.pid) throw new Error("The server must be another process.");
  return elapsedMs;
}

/** Memory of the server after its start, and after thousands of tokens and sign-ins. */
async function memoryFigures(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using bare = await startBareOidc(signal);
  await using server = await startAuthServer(sizes, signal);
  const resident = async ({ program }: AuthServer): Promise<number> =>
    (await program.usage()).residentBytes / bytesPerMegabyte;
  const figure = async (name: string, baselineName: string, atMost: number): Promise<BenchResult> =>
    toResult({
      name: `auth-start.memory-${name}`,
      unit: "MB",
      value: await resident(server),
      baseline: await resident(bare),
      baselineName,
      goal: { of: "value", atMost },
    });
  const idle = await figure("idle", "bare oidc-provider", 120);
  for (const { client } of [bare, server]) {
    await runClosed(tokens, () => client.refresh(), signal);
    await runClosed(tokens, () => client.clientCredentials(), signal);
  }
  await runClosed(logins, server.login, signal);
  return [idle, await figure("after-load", "bare oidc-provider, no sign-ins", 180)];
}
