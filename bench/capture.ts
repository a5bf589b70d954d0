import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { environmentWithout } from "#engine/node/testing/config.ts";
import { startServices } from "#tools/test/services.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, quantile, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 3, measured: 40 };
const goalMs = 80;

/** Screenshot to encoded JPEG at 1280x800 under Xvfb, against ImageMagick's `import`, an external program as others use. */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using services = await startServices(["display"], signal);
  const env = { ...environmentWithout(), ...services.env };
  const child = fork(join(import.meta.dirname, "lib", "capture-program.ts"), [env.DISPLAY ?? ""], { env });
  try {
    const contenders: readonly Contender[] = [
      { name: "pipit", measure: (inner) => captureMs(child, inner) },
      { name: "import", measure: (inner) => importMs(env, inner) },
    ];
    const samples = await interleave(contenders, rounds, signal);
    const ours = samples.get("pipit") ?? [];
    const theirs = samples.get("import") ?? [];
    const figure = (share: number) => ({
      unit: "ms",
      value: quantile(ours, share),
      baseline: quantile(theirs, share),
      baselineName: "ImageMagick import",
    });
    return [
      toResult({ name: "capture.p50", ...figure(0.5), goal: { of: "value", atMost: goalMs } }),
      toResult({ name: "capture.p95", ...figure(0.95) }),
    ];
  } finally {
    child.kill();
  }
}

async function captureMs(child: ChildProcess, signal: AbortSignal): Promise<number> {
  const answered = once(child, "message", { signal });
  child.send("capture");
  const [message] = (await answered) as [{ durationMs: number; widthPx: number; byteLength: number }];
  if (message.widthPx !== 1280 || message.byteLength === 0)
    throw new Error("The picture is not of the whole screen.");
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
