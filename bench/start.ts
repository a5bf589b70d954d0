import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { buildParts } from "#tools/build/build-part.ts";
import { allParts } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { cliEntry, makeHome, startModelProgram, startPipitMain } from "./lib/pipit-main.ts";
import { startProbedApp } from "./lib/probed-app.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, type Contender } from "./lib/statistics.ts";
import { timeUntilExit } from "./lib/time-until-exit.ts";

const rounds = { warmups: 2, measured: 12 };
const settledMs = 4_000;

/**
 * How long a person waits: `pipit serve` (built) until it says that it is ready, in a new home (nothing compiled, no
 * database, no keys) and in one where it has run before, `pipit --help`, and `pipit chat --once` with a server that runs
 * until the answer's first byte; each in turns with the cheapest thing that Node can do at all. And what a server that
 * waits holds in memory.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await buildParts(allParts(repositoryRoot), { root: repositoryRoot, say: () => undefined }, signal);
  await using model = await startModelProgram(["--tokens", "8"], signal);
  const modelEnv = {
    PIPIT_MODEL_URL: model.url,
    PIPIT_TITLES: "0",
    PIPIT_MEMORIES: "0",
    PIPIT_MODEL: "double",
  };
  await using warm = await startPipitMain(modelEnv, signal);
  await using used = await makeHome();
  const contenders: readonly Contender[] = [
    { name: "node -e 0", measure: (inner) => timeUntilExit(["-e", "0"], inner) },
    { name: "help", measure: (inner) => timeUntilExit([cliEntry, "--help"], inner) },
    { name: "first serve", measure: (inner) => timeServe(modelEnv, inner) },
    { name: "serve again", measure: (inner) => timeServe(modelEnv, inner, used.path) },
    { name: "tray", measure: (inner) => timeToTray(used.path, inner) },
    { name: "chat", measure: (inner) => timeFirstByte(warm.home, inner) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  const baseline = median(samples.get("node -e 0") ?? []);
  const figure = (name: string, contender: string, atMost?: number): BenchResult =>
    toResult({
      name,
      unit: "ms",
      value: median(samples.get(contender) ?? []),
      baseline,
      baselineName: "node -e 0",
      ...(atMost === undefined ? {} : { goal: { of: "ratio", atMost } }),
    });
  return [
    figure("start.help", "help", 3),
    figure("start.serve-to-ready", "first serve", 18),
    figure("start.serve-again-to-ready", "serve again", 10),
    figure("start.desktop-to-tray", "tray", 25),
    figure("start.chat-once-to-first-byte", "chat"),
    toResult({
      name: "start.idle-memory",
      unit: "MB",
      value: await residentMegabytes(used.path, modelEnv, signal),
      goal: { of: "value", atMost: 120 },
    }),
  ];
}

/** What a server that has started before holds once it has nothing more to do (Linux). */
async function residentMegabytes(
  home: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  await using server = await startPipitMain(env, signal, home);
  await sleep(settledMs, undefined, { signal });
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
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

/**
 * The installed desktop app until its icon is up, by macOS' rules, where every desktop has a place for it; on the stand-in, which
 * starts a Chromium of its own.
 */
async function timeToTray(home: string, signal: AbortSignal): Promise<number> {
  const env = { HOME: home, PIPIT_HOME: home, STAND_IN_PACKAGED: "1", STAND_IN_PLATFORM: "darwin" };
  const startedMs = performance.now();
  await using app = await startProbedApp(join(repositoryRoot, "dist/electron/main.js"), [], env, signal);
  await app.ask<boolean>("tray");
  return performance.now() - startedMs;
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
