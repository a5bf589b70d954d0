import { spawn } from "node:child_process";
import { once } from "node:events";
import { cliEntry, makeHome, startModelProgram, startPipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, type Contender } from "./lib/statistics.ts";
import { timeUntilExit } from "./lib/time-until-exit.ts";

const rounds = { warmups: 2, measured: 12 };

/**
 * How long a person waits: `server/main.ts` until it says that it is ready, in a new home (nothing compiled, no database,
 * no keys) and in one where it has run before, and `pipit chat --once` with a server that runs until the answer's first
 * byte; each in turns with the cheapest thing that Node can do at all.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using model = await startModelProgram(["--tokens", "8"], signal);
  const modelEnv = { PIPIT_MODEL_URL: model.url, PIPIT_MODEL: "double" };
  await using warm = await startPipitMain(modelEnv, signal);
  await using used = await makeHome();
  const contenders: readonly Contender[] = [
    { name: "node -e 0", measure: (inner) => timeUntilExit(["-e", "0"], inner) },
    { name: "first serve", measure: (inner) => timeServe(modelEnv, inner) },
    { name: "serve again", measure: (inner) => timeServe(modelEnv, inner, used.path) },
    { name: "chat", measure: (inner) => timeFirstByte(warm.home, inner) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  const baseline = median(samples.get("node -e 0") ?? []);
  const figure = (name: string, contender: string): BenchResult =>
    toResult({
      name,
      unit: "ms",
      value: median(samples.get(contender) ?? []),
      baseline,
      baselineName: "node -e 0",
    });
  return [
    figure("start.serve-to-ready", "first serve"),
    figure("start.serve-again-to-ready", "serve again"),
    figure("start.chat-once-to-first-byte", "chat"),
  ];
}

async function timeServe(
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  home?: string,
): Promise<number> {
  const startedMs = performance.now();
  await using server = await startPipitMain(env, signal, home);
  const elapsedMs = performance.now() - startedMs;
  if (server.pid === process.pid) throw new Error("The server must be another process.");
  return elapsedMs;
}

async function timeFirstByte(home: string, signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [cliEntry, "chat", "--once", "hello", "--no-audio"], {
    env: { ...process.env, PIPIT_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const errors: Buffer[] = [];
  child.stderr.on("data", (piece: Buffer) => errors.push(piece));
  const exit = once(child, "exit");
  const first = once(child.stdout, "data").then(() => performance.now() - startedMs);
  const elapsedMs = await Promise.race([first, exit.then(() => undefined)]);
  child.stdout.resume();
  const [code] = (await exit) as [number | null];
  if (elapsedMs === undefined || code !== 0) {
    throw new Error(
      `pipit chat --once ended with ${code}: ${Buffer.concat(errors).toString("utf8").slice(-500)}`,
    );
  }
  return elapsedMs;
}
