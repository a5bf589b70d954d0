import { setTimeout as sleep } from "node:timers/promises";
import { startDesktopPair, type DesktopPair } from "./lib/desktop-pair.ts";
import type { ProbedApp } from "./lib/probed-app.ts";
import { toResult, type BenchResult } from "./lib/result.ts";

/** What is still to be done after a start has been done by then. */
const settleMs = 10_000;
const measureMs = 60_000;
const questionsPerHour = 60;
const bytesPerMegabyte = 2 ** 20;

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
  const [timers = [], bareTimers = []] = await Promise.all(
    apps.map((app) => app.ask<readonly number[]>("timers")),
  );
  const baselineName = "bare hidden window";
  return [
    toResult({
      name: "idle.cpu",
      unit: "% of a core",
      value: pipit,
      baseline: bare,
      baselineName,
      goal: { of: "ratio", atMost: 1.5 },
    }),
    toResult({
      name: "idle.main-timers",
      unit: "timers",
      value: timers.length,
      baseline: bareTimers.length,
      baselineName,
      goal: { of: "value", atMost: 0 },
    }),
    await memoryAfterUse(pair, signal),
  ];
}

/** What main and its server hold after as many questions as a busy hour has, the window shown and hidden for each. */
async function memoryAfterUse({ pipit, bare }: DesktopPair, signal: AbortSignal): Promise<BenchResult> {
  for (let asked = 0; asked < questionsPerHour; asked += 1) {
    signal.throwIfAborted();
    await pipit.ask("question");
  }
  await sleep(settleMs, undefined, { signal });
  const [held, bareHeld] = await Promise.all([pipit, bare].map((app) => app.residentBytes()));
  return toResult({
    name: "idle.memory-after-an-hour",
    unit: "MB",
    value: (held ?? 0) / bytesPerMegabyte,
    baseline: (bareHeld ?? 0) / bytesPerMegabyte,
    baselineName: "bare main process",
    goal: { of: "value", atMost: 220 },
  });
}

async function totalCpuMs(app: ProbedApp): Promise<number> {
  const { main, pages } = await app.cpuMs();
  return main + pages;
}
