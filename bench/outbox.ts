import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import Database from "better-sqlite3";
import { openOutbox, type SqliteOutbox } from "#engine/node/files/sqlite-outbox.ts";
import { outboxRow } from "#engine/testing/outbox-suite.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, quantile, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 20, measured: 400 };
const pictureRounds = 15;
const pictureBytes = 8 * 1024 * 1024;
const pictureGoalMs = 20;
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Adding a message to the outbox, against the same INSERT by itself; and how long a large picture holds the event loop. */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  const home = await mkdtemp(join(tmpdir(), "pipit-bench-outbox-"));
  try {
    await using outbox = await openOutbox({ home, logger });
    return [await addFigure(outbox, home, signal), await pictureFigure(outbox)];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function addFigure(outbox: SqliteOutbox, home: string, signal: AbortSignal): Promise<BenchResult> {
  const plain = new Database(join(home, "plain.db"));
  plain.pragma("journal_mode = WAL");
  plain.pragma("synchronous = FULL");
  plain.exec("CREATE TABLE messages (id TEXT PRIMARY KEY, text TEXT NOT NULL)");
  const insert = plain.prepare("INSERT INTO messages VALUES (?, ?)");
  const contenders: readonly Contender[] = [
    { name: "pipit", measure: () => timed(() => outbox.add(outboxRow(crypto.randomUUID()))) },
    { name: "plain", measure: () => timed(async () => void insert.run(crypto.randomUUID(), "text")) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  plain.close();
  return toResult({
    name: "outbox.add.p95",
    unit: "ms",
    value: quantile(samples.get("pipit") ?? [], 0.95),
    baseline: quantile(samples.get("plain") ?? [], 0.95),
    baselineName: "plain better-sqlite3 insert",
  });
}

async function pictureFigure(outbox: SqliteOutbox): Promise<BenchResult> {
  const bytes = new Uint8Array(pictureBytes).fill(7);
  const image = { sizeBytes: bytes.length, widthPx: 1, heightPx: 1 };
  const held: number[] = [];
  for (let round = 0; round < pictureRounds; round += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await outbox.add(outboxRow(`picture ${round}`, { image }), bytes);
    await new Promise((resolve) => setTimeout(resolve, 5));
    delay.disable();
    held.push(delay.max / 1e6);
  }
  const goal = { of: "value", atMost: pictureGoalMs } as const;
  return toResult({ name: "outbox.picture.blocked.p50", unit: "ms", value: quantile(held, 0.5), goal });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
