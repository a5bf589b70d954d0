import { startDesktopPair } from "./lib/desktop-pair.ts";
import type { ProbedApp } from "./lib/probed-app.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, quantile } from "./lib/statistics.ts";

const rounds = { warmups: 3, measured: 50 };
/** Both windows are asked over the debugging protocol, so the same cost is in both figures. */
const baselineName = "bare window with a textarea";

/**
 * From the hotkey's callback until the caret accepts text, on the stand-in: what Pipit adds to a window that is already
 * there. What a real window manager adds is not in it.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using pair = await startDesktopPair(signal);
  const contenders = [
    { name: "pipit", measure: () => showOnce(pair.pipit) },
    { name: "bare", measure: () => showOnce(pair.bare) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  return [
    { name: "p50", share: 0.5, atMost: 1.6 },
    { name: "p95", share: 0.95, atMost: 2.7 },
  ].map(({ name, share, atMost }) =>
    toResult({
      name: `show.stand-in.${name}`,
      unit: "ms",
      value: quantile(samples.get("pipit") ?? [], share),
      baseline: quantile(samples.get("bare") ?? [], share),
      baselineName,
      goal: { of: "ratio", atMost },
    }),
  );
}

async function showOnce(app: ProbedApp): Promise<number> {
  const { typed, elapsedMs } = await app.ask<{ typed: boolean; elapsedMs: number }>("show");
  if (!typed) throw new Error("The letter did not arrive.");
  await app.ask("hide");
  return elapsedMs;
}
