import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { longestTurnMs } from "./lib/longest-turn.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { isWhole, openFile, queries, texts, type QueryClass } from "./data/search-data.ts";
import { run as build } from "./search-index.ts";
import { quantile } from "./lib/statistics.ts";
import type { Store } from "#server/store/store.ts";

const rounds = 40;
const scans = 4;
const runFile = promisify(execFile);

/** What a search in a million messages on SQLite costs, beside ripgrep (else grep) over the same text. */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult> {
  if (!isWhole()) yield* build(signal);
  await using store = await openFile();
  const scan = await scanner();
  for (const asked of queries) yield* queryFigures(store, asked, scan, signal);
}

async function* queryFigures(
  store: Store,
  { name, query, options = {}, p50Ms, p95Ms }: QueryClass,
  scan: Scanner,
  signal: AbortSignal,
): AsyncGenerator<BenchResult> {
  const cpuMs: number[] = [];
  const holdMs: number[] = [];
  const scanMs: number[] = [];
  const search = (asked: string) => store.turns.search("u", asked, { limit: 5, ...options });
  for (let warm = 0; warm < 5; warm++) await search(query());
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const asked = query();
    const before = process.cpuUsage();
    await search(asked);
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1000);
    holdMs.push(await longestTurnMs(() => search(query())));
  }
  // Not between the searches: to start a program costs this process page faults, and to read all text the caches.
  for (let round = 0; round < scans; round++) scanMs.push(await scan.wallMs(query().replaceAll('"', "")));
  const unit = "ms of CPU";
  const common = { unit, baseline: quantile(scanMs, 0.5), baselineName: `${scan.name} (wall)` };
  yield toResult({
    ...common,
    name: `search.${name}.p50`,
    value: quantile(cpuMs, 0.5),
    ...(p50Ms !== undefined && { goal: { of: "value", atMost: p50Ms } }),
  });
  yield toResult({
    ...common,
    name: `search.${name}.p95`,
    value: quantile(cpuMs, 0.95),
    goal: { of: "value", atMost: p95Ms },
  });
  yield toResult({
    name: `search.${name}.loop-hold.max`,
    unit,
    value: Math.max(...holdMs),
    goal: { of: "value", atMost: 20 },
  });
}

interface Scanner {
  readonly name: string;
  wallMs(text: string): Promise<number>;
}

async function scanner(): Promise<Scanner> {
  const hasRipgrep = await runFile("rg", ["--version"]).then(
    () => true,
    () => false,
  );
  const name = hasRipgrep ? "rg" : "grep";
  return {
    name,
    async wallMs(text) {
      const startedMs = performance.now();
      // Status 1: nothing was found.
      await runFile(name, ["-c", "-F", "-e", text, texts]).catch(() => undefined);
      return performance.now() - startedMs;
    },
  };
}
