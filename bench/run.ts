import { readdir } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { describeGoal, type Bench, type BenchResult } from "./lib/result.ts";

/** A benchmark without a figure for this long hangs. A slow machine takes longer for all of it, but gives its figures. */
const silenceMs = 15 * 60_000;

/** Names of all benchmarks: the files beside this one. */
async function benchNames(): Promise<readonly string[]> {
  const files = await readdir(import.meta.dirname);
  return files
    .filter((file) => file.endsWith(".ts") && file !== "run.ts" && !file.endsWith(".test.ts"))
    .map((file) => file.slice(0, -".ts".length))
    .toSorted();
}

async function loadBench(name: string): Promise<Bench> {
  const module: unknown = await import(join(import.meta.dirname, `${name}.ts`));
  if (!isBenchModule(module)) throw new Error(`bench/${name}.ts does not export run(signal).`);
  return module.run;
}

function isBenchModule(module: unknown): module is { readonly run: Bench } {
  return typeof module === "object" && module !== null && "run" in module && typeof module.run === "function";
}

async function* figuresOf(bench: Bench, signal: AbortSignal): AsyncGenerator<BenchResult, void, void> {
  const hangs = new AbortController();
  const reason = new Error(`no figure for ${silenceMs / 60_000} minutes`);
  const timer = setTimeout(() => hangs.abort(reason), silenceMs);
  try {
    const results = bench(AbortSignal.any([signal, hangs.signal]));
    for await (const result of Symbol.asyncIterator in results ? results : await results) {
      timer.refresh();
      yield result;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** A line for people; the JSON lines on standard output are for programs. */
function describe(result: BenchResult): string {
  const value = `${result.value} ${result.unit}`;
  const baseline =
    result.baseline === null ? "" : `${result.baselineName}: ${result.baseline} (${result.ratio} x)`;
  const goal =
    result.goal === undefined ? "" : `${result.ok === true ? "ok" : "MISSED"} ${describeGoal(result.goal)}`;
  return `${result.name.padEnd(34)} ${value.padStart(18)}   ${baseline.padEnd(44)} ${goal}`.trimEnd();
}

/** Runs the benchmarks one after the other, never side by side. True when each ran and reached its goals. */
async function runBenches(names: readonly string[], signal: AbortSignal): Promise<boolean> {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, ${gigabytes} GB`;
  console.error(`${new Date().toISOString().slice(0, 10)}  node ${process.version}  ${machine}`);
  let allOk = true;
  for (const name of names) {
    signal.throwIfAborted();
    try {
      const bench = await loadBench(name);
      for await (const result of figuresOf(bench, signal)) {
        console.log(JSON.stringify(result));
        console.error(describe(result));
        allOk &&= result.ok !== false;
      }
    } catch (error) {
      allOk = false;
      console.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  return allOk;
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
}
const known = await benchNames();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join(", ")}". There are: ${known.join(", ")}.`);
  process.exitCode = 2;
} else {
  const ok = await runBenches(wanted.length > 0 ? wanted : known, stop.signal).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    return false;
  });
  process.exitCode = ok ? 0 : 1;
}
