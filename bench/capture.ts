import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { environmentWithout } from "#engine/node/testing/config.ts";
import { startServices } from "#tools/test/services.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, quantile, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 3, measured: 40 };
const goalMs = 80;
const regionGoalRatio = 6;
const widths = { screen: 1280, region: 640 } as const;

/** Screenshot, and the choice of a part of it, to encoded JPEG at 1280x800 under Xvfb, against ImageMagick's `import`, an external program as others use. */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using services = await startServices(["display"], signal);
  const env = { ...environmentWithout(), ...services.env };
  const child = fork(join(import.meta.dirname, "lib", "capture-program.ts"), [env.DISPLAY ?? ""], { env });
  try {
    const contenders: readonly Contender[] = [
      { name: "pipit", measure: (inner) => captureMs(child, "screen", inner) },
      { name: "region", measure: (inner) => captureMs(child, "region", inner) },
      { name: "import", measure: (inner) => importMs(env, inner) },
    ];
    const samples = await interleave(contenders, rounds, signal);
    const ours = samples.get("pipit") ?? [];
    const theirs = samples.get("import") ?? [];
    const regions = samples.get("region") ?? [];
    const figure = (share: number, values = ours) => ({
      unit: "ms",
      value: quantile(values, share),
      baseline: quantile(theirs, share),
      baselineName: "ImageMagick import",
    });
    return [
      toResult({ name: "capture.p50", ...figure(0.5), goal: { of: "value", atMost: goalMs } }),
      toResult({ name: "capture.p95", ...figure(0.95) }),
      toResult({
        name: "capture.region.p50",
        ...figure(0.5, regions),
        goal: { of: "ratio", atMost: regionGoalRatio },
      }),
      toResult({ name: "capture.region.p95", ...figure(0.95, regions) }),
    ];
  } finally {
    child.kill();
  }
}

async function captureMs(
  child: ChildProcess,
  area: keyof typeof widths,
  signal: AbortSignal,
): Promise<number> {
  const answered = once(child, "message", { signal });
  child.send(area);
  const [message] = (await answered) as [{ durationMs: number; widthPx: number; byteLength: number }];
  if (message.widthPx !== widths[area] || message.byteLength === 0)
    throw new Error(`The picture is not of the ${area}.`);
  return message.durationMs;
}

async function importMs(env: Record<string, string>, signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  const child = spawn("import", ["-silent", "-window", "root", "-quality", "85", "jpeg:-"], {
    env,
    signal,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let bytes = 0;
  child.stdout.on("data", (piece: Buffer) => {
    bytes += piece.byteLength;
  });
  await once(child, "close");
  if (bytes === 0) throw new Error("ImageMagick's import took no picture.");
  return performance.now() - startedMs;
}
