import { startAuthServer, startBareOidc, type PipitAuthServer } from "./lib/auth-server.ts";
import { runClosed, runOpen, type Delays } from "./lib/load.ts";
import { toResult, type BenchResult, type Goal } from "./lib/result.ts";
import { quantile } from "./lib/statistics.ts";

/** Enough accounts that two sign-ins of one are hardly ever under way: they would wait for each other. */
const sizes = { accounts: 3_000, sessions: 600 };
/** 100 a second. */
const mixed = { loginsPerSecond: 30, refreshesPerSecond: 70, durationMs: 30_000 };
const overload = { timesCapacity: 3, refreshesPerSecond: 70, durationMs: 15_000 };
const keys = { perSecond: 1_000, durationMs: 8_000 };
const warmUp = { workers: 4, requests: 400 };
/** How many sign-ins the server can do is found out by so many. */
const capacity = { workers: 8, requests: 150 };
const alone = { logins: { workers: 1, requests: 60 }, refreshes: { workers: 1, requests: 300 } };

const share = { p50: 0.5, p95: 0.95 } as const;
const refreshed = "refreshed";
const signedIn = "200";

/**
 * What people wait for while others sign in, on SQLite, with requests that come whether the earlier ones are answered or
 * not: 100 a second of which 30 are passwords; three times as many passwords as the server can check, where it must go on
 * refreshing and say no to the rest; and the keys that every API asks for.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using server = await startAuthServer(sizes, signal);
  const refresh = async (): Promise<string> => {
    await server.client.refresh();
    return refreshed;
  };
  await runClosed(warmUp, () => server.client.refresh(), signal);
  const loginsPerSecond = await measureCapacity(server, signal);
  const quiet = {
    login: await runClosed(alone.logins, server.login, signal),
    refresh: await runClosed(alone.refreshes, () => server.client.refresh(), signal),
  };
  const both = async (perSecond: number, refreshes: { refreshesPerSecond: number; durationMs: number }) => {
    const { durationMs } = refreshes;
    const [logins, others] = await Promise.all([
      runOpen({ perSecond, durationMs }, () => tryLogin(server), signal),
      runOpen({ perSecond: refreshes.refreshesPerSecond, durationMs }, refresh, signal),
    ]);
    return { logins, refreshes: others.get(refreshed) ?? [] };
  };
  const busy = await both(mixed.loginsPerSecond, mixed);
  const flooded = await both(overload.timesCapacity * loginsPerSecond, overload);
  return [
    ...delays("auth-mixed.login", busy.logins.get(signedIn) ?? [], quiet.login, "one at a time", 200),
    ...delays("auth-mixed.refresh", busy.refreshes, quiet.refresh, "one at a time", 200),
    toResult({
      name: "auth-mixed.login.refused",
      unit: "%",
      value: (100 * (count(busy.logins) - count(busy.logins, signedIn))) / count(busy.logins),
      goal: { of: "value", atMost: 0 },
    }),
    ...delays("auth-mixed.overload.refresh", flooded.refreshes, busy.refreshes, "100/s, 30 % passwords", 50),
    ...overloadFigures(flooded.logins, loginsPerSecond),
    ...(await keyFigures(server, signal)),
  ];
}

/** Sign-ins per second when there are always some to do. */
async function measureCapacity({ login }: PipitAuthServer, signal: AbortSignal): Promise<number> {
  await runClosed({ ...capacity, requests: 40 }, login, signal);
  const startedMs = performance.now();
  await runClosed(capacity, login, signal);
  return (capacity.requests * 1_000) / (performance.now() - startedMs);
}

/** The status, and for a refusal whether it says when to come again. */
async function tryLogin(server: PipitAuthServer): Promise<string> {
  const { status, retryAfter } = await server.tryLogin();
  return retryAfter === undefined ? String(status) : `${status} retry-after`;
}

function delays(
  name: string,
  measured: readonly number[],
  baseline: readonly number[],
  baselineName: string,
  goalMs: number,
): readonly BenchResult[] {
  return (["p50", "p95"] as const).map((part) =>
    toResult({
      name: `${name}.${part}`,
      unit: "ms",
      value: quantile(measured, share[part]),
      baseline: quantile(baseline, share[part]),
      baselineName,
      ...(part === "p95" ? { goal: { of: "value", atMost: goalMs } satisfies Goal } : {}),
    }),
  );
}

function overloadFigures(logins: Delays, loginsPerSecond: number): readonly BenchResult[] {
  const sent = count(logins);
  const granted = count(logins, signedIn);
  const told = count(logins, "503 retry-after");
  const seconds = overload.durationMs / 1_000;
  return [
    toResult({
      name: "auth-mixed.overload.login.granted",
      unit: "logins/s",
      value: granted / seconds,
      baseline: loginsPerSecond,
      baselineName: "capacity",
    }),
    toResult({ name: "auth-mixed.overload.login.refused", unit: "%", value: (100 * told) / sent }),
    // Anything else than a token or "come again in a moment" would be a wrong answer.
    toResult({
      name: "auth-mixed.overload.login.other-answers",
      unit: "logins",
      value: sent - granted - told,
      goal: { of: "value", atMost: 0 },
    }),
    toResult({
      name: "auth-mixed.overload.login.p95",
      unit: "ms",
      value: quantile(logins.get(signedIn) ?? [], share.p95),
    }),
  ];
}

async function keyFigures(server: PipitAuthServer, signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using bare = await startBareOidc(signal);
  const measure = async ({ client }: Pick<PipitAuthServer, "client">): Promise<readonly number[]> => {
    const ask = async (): Promise<string> => {
      await client.jwks();
      return signedIn;
    };
    await runOpen({ ...keys, durationMs: 1_000 }, ask, signal);
    return (await runOpen(keys, ask, signal)).get(signedIn) ?? [];
  };
  const bareDelays = await measure(bare);
  return delays("auth-mixed.jwks", await measure(server), bareDelays, "bare oidc-provider", 50);
}

function count(all: Delays, outcome?: string): number {
  if (outcome !== undefined) return all.get(outcome)?.length ?? 0;
  return [...all.values()].reduce((sum, some) => sum + some.length, 0);
}
