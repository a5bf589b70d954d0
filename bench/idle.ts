import { setTimeout as sleep } from "node:timers/promises";
import { startDesktopPair } from "./lib/desktop-pair.ts";
import type { ProbedApp } from "./lib/probed-app.ts";
import { toResult, type BenchResult } from "./lib/result.ts";

/** What is still to be done after a start has been done by then. */
const settleMs = 10_000;
const measureMs = 60_000;

/**
 * What Pipit costs while it is hidden: a minute with the window hidden, main and page together, beside an app that is
 * nothing but a hidden window; both on the stand-in.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using pair = await startDesktopPair(signal);
  await sleep(settleMs, undefined, { signal });
  const apps = [pair.pipit, pair.bare];
  const before = await Promise.all(apps.map(totalCpuMs));
  await sleep(measureMs, undefined, { signal });
  const after = await Promise.all(apps.map(totalCpuMs));
  const [pipit = 0, bare = 0] = after.map(
    (value, index) => (100 * (value - (before[index] ?? 0))) / measureMs,
  );
  const [timers = 0, bareTimers = 0] = await Promise.all(apps.map((app) => app.ask<number>("timers")));
  const baselineName = "bare hidden window";
  return [
    toResult({
      name: "idle.cpu",
      unit: "% of a core",
      value: pipit,
      baseline: bare,
      baselineName,
      goal: { of: "value", atMost: 0.5 },
    }),
    toResult({
      name: "idle.main-timers",
      unit: "timers",
      value: timers,
      baseline: bareTimers,
      baselineName,
      goal: { of: "value", atMost: 0 },
    }),
  ];
}

async function totalCpuMs(app: ProbedApp): Promise<number> {
  const { main, pages } = await app.cpuMs();
  return main + pages;
}
