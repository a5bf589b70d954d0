import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { systemClock } from "#server/domain/clock.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { beginning, chat, ending } from "#server/testing/turn-store-kit.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { median } from "./lib/statistics.ts";

const answerChars = 8 * 1024 * 1024;
const pieceChars = 4_096;
const rounds = 5;
const goalMs = 20;
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * How long the longest answer holds up the event loop when it is stored, and when it can be found by its last word.
 * The baseline is one plain UPDATE of the same text.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), "pipit-bench-long-"));
  try {
    await using store = await openStore({ file: join(folder, "pipit.db"), clock: systemClock, logger });
    await store.chats.create(chat);
    const reader = new Database(join(folder, "pipit.db"), { readonly: true });
    const update = plainUpdate(join(folder, "plain.db"));
    const blocked: Blocked[] = [];
    const plain: Blocked[] = [];
    const stored: number[] = [];
    const found: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      const pieces = answerOf(round);
      plain.push(await blockedBy(async () => update(pieces.join(""))));
      const startedMs = performance.now();
      blocked.push(
        await blockedBy(async () => {
          await storeAnswer(store, round, pieces);
          stored.push(performance.now() - startedMs);
          await indexed(reader, signal);
          found.push(performance.now() - startedMs);
        }),
      );
    }
    reader.close();
    const wall = ({ wallMs }: Blocked): number => wallMs;
    const cpu = ({ cpuMs }: Blocked): number => cpuMs;
    const common = { unit: "ms", baselineName: "plain better-sqlite3 update" } as const;
    const goal = { of: "value", atMost: goalMs } as const;
    return [
      toResult({
        ...common,
        name: "long-answer.blocked",
        value: median(blocked.map(wall)),
        baseline: median(plain.map(wall)),
        goal,
      }),
      toResult({
        ...common,
        name: "long-answer.blocked.cpu",
        value: median(blocked.map(cpu)),
        baseline: median(plain.map(cpu)),
        goal,
      }),
      toResult({ name: "long-answer.stored", unit: "ms", value: median(stored) }),
      toResult({ name: "long-answer.found", unit: "ms", value: median(found) }),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prose of some tens of thousands of words, with letters beyond Latin-1, as a model's tokens were folded. */
function answerOf(round: number): readonly string[] {
  const pieces: string[] = [];
  let seed = round + 1;
  for (let piece = ""; pieces.length * pieceChars < answerChars;) {
    seed = (seed * 48_271) % 2_147_483_647;
    piece += `${(seed % 40_000).toString(26).replaceAll(/\d/g, (digit) => "абвгдежзик"[Number(digit)] ?? "")} `;
    if (piece.length < pieceChars) continue;
    pieces.push(piece.slice(0, pieceChars));
    piece = "";
  }
  return [...pieces, ` zebra${round}`];
}

async function storeAnswer(store: Store, round: number, pieces: readonly string[]): Promise<void> {
  const turnId = `turn-${round}`;
  await store.turns.begin(beginning({ turnId, clientMessageId: turnId, nowMs: round }));
  await store.turns.finish(ending({ turnId, assistantText: pieces, nowMs: round }));
}

/** A search that reads its hits would take the text into the event loop. */
async function indexed(reader: Database.Database, signal: AbortSignal): Promise<void> {
  const incomplete = reader.prepare(
    `select 1 from turn_search where turn_search match 'scope : "incomplete"'`,
  );
  while (incomplete.get() !== undefined) await sleep(10, undefined, { signal });
}

function plainUpdate(file: string): (text: string) => void {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  database.exec(
    "CREATE TABLE answers (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO answers VALUES (1, '')",
  );
  const statement = database.prepare("UPDATE answers SET text = ? WHERE id = 1");
  return (text) => void statement.run(text);
}

interface Blocked {
  readonly wallMs: number;
  /** Processor time of the loop's thread: other programs of the machine are not in it, nor is waiting for the disk. */
  readonly cpuMs: number;
}

/** Longest time in which the event loop did not turn. */
async function blockedBy(work: () => Promise<void>): Promise<Blocked> {
  const longest = { wallMs: 0, cpuMs: 0 };
  let last = { wallMs: performance.now(), cpuMs: threadCpuMs() };
  const look = (): void => {
    const now = { wallMs: performance.now(), cpuMs: threadCpuMs() };
    longest.wallMs = Math.max(longest.wallMs, now.wallMs - last.wallMs);
    longest.cpuMs = Math.max(longest.cpuMs, now.cpuMs - last.cpuMs);
    last = now;
  };
  const timer = setInterval(look, 1);
  await sleep(10);
  Object.assign(longest, { wallMs: 0, cpuMs: 0 });
  await work();
  await sleep(5);
  clearInterval(timer);
  return longest;
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
