import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as pause, setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { systemClock } from "#server/domain/clock.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { quantile } from "./lib/statistics.ts";

/** Two messages each. */
const turns = 500_000;
const turnsPerChat = 50;
const words = 50_000;
const wordsPerMessage = 40;
const rounds = 20;
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const runFile = promisify(execFile);

/** A million messages of one person: the index is built, its size, and what a search costs beside grep over the same text. */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult> {
  const home = await mkdtemp(join(tmpdir(), "pipit-bench-search-"));
  try {
    const file = join(home, "pipit.db");
    await (await openStore({ file, clock: systemClock, logger }))[Symbol.asyncDispose]();
    const textBytes = await fill(file, join(home, "texts.txt"));
    await using store = await openStore({ file, clock: systemClock, logger });
    yield await buildFigure(store, file, signal);
    yield sizeFigure(file, textBytes);
    for (const query of queries) yield* queryFigures(store, query, join(home, "texts.txt"), signal);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const queries: readonly { name: string; query: () => string; p95Ms: number }[] = [
  { name: "common", query: () => wordOf(pick(5)), p95Ms: 120 },
  { name: "two-common", query: () => `${wordOf(pick(5))} ${wordOf(5 + pick(20))}`, p95Ms: 120 },
  { name: "rare", query: () => wordOf(20_000 + pick(20_000)), p95Ms: 25 },
  { name: "two-rare", query: () => `${wordOf(2_000 + pick(500))} ${wordOf(2_500 + pick(500))}`, p95Ms: 25 },
  { name: "phrase", query: () => `"${wordOf(pick(5))} ${wordOf(50 + pick(50))}"`, p95Ms: 120 },
  { name: "nothing", query: () => `qqq${pick(1000)}qqq`, p95Ms: 200 },
  { name: "typo", query: () => swapped(wordOf(1_000 + pick(20_000))), p95Ms: 200 },
];

let state = 1;
/** A pseudo-random whole number below `below`; the same in every run. */
function pick(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const syllables = "ba ke li mo nu ra se ti vo zu da fe gi ho ju ka le mi no pu".split(" ");
function wordOf(rank: number): string {
  let left = rank + 20 ** 2;
  let word = "";
  for (; left > 0; left = Math.floor(left / 20)) word += syllables[left % 20];
  return word;
}

function swapped(word: string): string {
  return word.slice(0, 2) + word.charAt(3) + word.charAt(2) + word.slice(4);
}

/** Few words are in most messages, most words in few. */
function message(): string {
  return Array.from({ length: wordsPerMessage }, () =>
    wordOf(Math.floor(words ** (pick(2 ** 20) / 2 ** 20)) - 1),
  ).join(" ");
}

/** Turns without an index, as an upgrade finds them; resolves to the bytes of their texts. */
async function fill(file: string, texts: string): Promise<number> {
  const database = new Database(file);
  const lines = createWriteStream(texts);
  const chat = database.prepare(
    "insert into chats (id, user_id, title, created_at_ms, updated_at_ms, pinned, archived) values (?, 'u', ?, ?, ?, 0, 0)",
  );
  const turn =
    database.prepare(`insert into turns (id, chat_id, user_id, turn_index, user_text, had_image, assistant_text,
    status, input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms) values (?, ?, 'u', ?, ?, 0, ?, 'done', 0, 0, 'o', 0, ?)`);
  const entry = database.prepare("insert into turn_search_rows (turn_id, created_at_ms) values (?, ?)");
  let bytes = 0;
  for (let at = 0; at < turns; at += turnsPerChat) {
    database.transaction(() => {
      const chatId = `c${at}`;
      chat.run(chatId, message().slice(0, 60), at * 60_000, at * 60_000);
      for (let n = at; n < at + turnsPerChat; n++) {
        const [question, answer] = [message(), message()];
        turn.run(`t${n}`, chatId, n - at, question, answer, n * 60_000);
        entry.run(`t${n}`, n * 60_000);
        bytes += question.length + answer.length;
        lines.write(`${question} ${answer}\n`);
      }
    })();
    if (lines.writableNeedDrain) await once(lines, "drain");
  }
  database.exec("update turn_search_state set version = -1");
  database.close();
  await new Promise<void>((resolve) => lines.end(resolve));
  return bytes;
}

async function buildFigure(store: Store, file: string, signal: AbortSignal): Promise<BenchResult> {
  using reader = Object.assign(new Database(file, { readonly: true }), { [Symbol.dispose]: nothing });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const left = reader.prepare("select version, outdated from turn_search_state");
  const isDone = () => {
    const row = left.get() as { version: number; outdated: number };
    return row.version !== -1 && row.outdated === 0;
  };
  delay.enable();
  store.completeIndex();
  while (!isDone()) await sleep(200, undefined, { signal });
  delay.disable();
  reader.close();
  return toResult({
    name: "search.build.loop-hold.p99",
    unit: "ms",
    value: delay.percentile(99) / 1e6,
    goal: { of: "value", atMost: 20 },
  });
}

function sizeFigure(file: string, textBytes: number): BenchResult {
  const reader = new Database(file, { readonly: true });
  const bytes = reader
    .prepare<[], number>("select sum(pgsize) from dbstat where name like '%turn_search%'")
    .pluck()
    .get();
  reader.close();
  return toResult({
    name: "search.size",
    unit: "MB",
    value: (bytes ?? 0) / 1e6,
    baseline: textBytes / 1e6,
    baselineName: "the text",
    goal: { of: "ratio", atMost: 0.6 },
  });
}

async function* queryFigures(
  store: Store,
  { name, query, p95Ms }: (typeof queries)[number],
  texts: string,
  signal: AbortSignal,
): AsyncGenerator<BenchResult> {
  const cpuMs: number[] = [];
  const holdMs: number[] = [];
  const grepMs: number[] = [];
  const search = (asked: string) => store.turns.search("u", asked, { limit: 5 });
  await search(query());
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const asked = query();
    const before = process.cpuUsage();
    await search(asked);
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1000);
    const other = query();
    holdMs.push(await longestTurnMs(() => search(other)));
    if (round % 10 === 0) grepMs.push(await grep(asked.replaceAll('"', ""), texts));
  }
  const common = {
    unit: "ms of CPU",
    baseline: quantile(grepMs, 0.5),
    baselineName: "grep over the text (wall)",
  };
  yield toResult({ ...common, name: `search.${name}.p50`, value: quantile(cpuMs, 0.5) });
  yield toResult({
    ...common,
    name: `search.${name}.p95`,
    value: quantile(cpuMs, 0.95),
    goal: { of: "value", atMost: p95Ms },
  });
  yield toResult({
    name: `search.${name}.loop-hold.max`,
    unit: "ms of CPU",
    value: Math.max(...holdMs),
    goal: { of: "value", atMost: 20 },
  });
}

/** The longest turn of the event loop while something is done, in processor time of its thread: what else the machine does is not in it. */
async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let isDone = false;
  let longestMs = 0;
  let before = process.threadCpuUsage();
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    before = process.threadCpuUsage();
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  await pause();
  isDone = true;
  return longestMs;
}

async function grep(text: string, file: string): Promise<number> {
  const startedMs = performance.now();
  await runFile("grep", ["-c", "-F", text, file]).catch(nothing);
  return performance.now() - startedMs;
}
