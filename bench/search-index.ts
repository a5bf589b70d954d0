import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { systemClock } from "#server/domain/clock.ts";
import { openDatabase } from "#server/store/open-database.ts";
import { longestTurnMs } from "./lib/longest-turn.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { fill, file, keepWhole, openFile, pick, quiet, turns, turnsPerChat } from "./data/search-data.ts";

/** Of entries that are written anew. */
const edits = Math.min(100_000, turns);
const editsAtOnce = 100;
/** Of a build, after each of which it says how it went. */
const parts = 20;

/** A million messages of one person on SQLite: the index is built, its size, and that after many edits. */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult> {
  const textBytes = await fill();
  yield* buildFigures(signal);
  const built = indexBytes();
  const size = { unit: "MB", baseline: textBytes / 1e6, baselineName: "the text" };
  yield toResult({ ...size, name: "search.size", value: built / 1e6, goal: { of: "ratio", atMost: 0.6 } });
  await keepWhole();
  await edit(signal);
  yield toResult({
    name: `search.size.after-${edits}-edits`,
    unit: "MB",
    value: indexBytes() / 1e6,
    baseline: built / 1e6,
    baselineName: "before",
    goal: { of: "ratio", atMost: 1.1 },
  });
}

async function* buildFigures(signal: AbortSignal): AsyncGenerator<BenchResult> {
  await using store = await openFile();
  const reader = new Database(file, { readonly: true });
  const left = reader.prepare<[], { version: number; outdated: number }>(
    "select version, outdated from turn_search_state",
  );
  const isDownTo = (most: number): boolean => {
    const row = left.get();
    return row !== undefined && row.version !== -1 && row.outdated <= most;
  };
  // Fewer than all when an earlier benchmark was stopped.
  const entries = reader
    .prepare<[], number>(
      "select count(*) from turn_search_rows where id <= (select case version when -1 then id else outdated end from turn_search_state)",
    )
    .pluck()
    .get() as number;
  const before = process.cpuUsage();
  const startedMs = performance.now();
  store.completeIndex();
  let holdMs = 0;
  for (let part = 1; part <= parts; part++) {
    const untilThen = async (): Promise<void> => {
      while (!isDownTo((entries * (parts - part)) / parts)) await sleep(50, undefined, { signal });
    };
    const partMs = await longestTurnMs(untilThen);
    holdMs = Math.max(holdMs, partMs);
    // A figure now and then tells that it goes on.
    yield toResult({ name: `search.build.loop-hold.${part}-of-${parts}`, unit: "ms of CPU", value: partMs });
  }
  const { user, system } = process.cpuUsage(before);
  reader.close();
  yield toResult({ name: "search.build", unit: "s", value: (performance.now() - startedMs) / 1000 });
  yield toResult({
    name: "search.build.per-turn",
    unit: "ms of CPU",
    value: (user + system) / 1000 / Math.max(entries, 1),
  });
  yield toResult({
    name: "search.build.loop-hold.max",
    unit: "ms of CPU",
    value: holdMs,
    goal: { of: "value", atMost: 20 },
  });
}

/** As the words of turns that were asked again, and then what removes the old ones from the file. */
async function edit(signal: AbortSignal): Promise<void> {
  await using database = await openDatabase({ file, clock: systemClock, logger: quiet });
  const { db, turnIndex } = database;
  for (let done = 0; done < edits; done += editsAtOnce) {
    signal.throwIfAborted();
    const ids = Array.from({ length: editsAtOnce }, () => `t${pick(turns)}`);
    const rows = await db.selectFrom("turns").selectAll().where("id", "in", ids).execute();
    await db.transaction().execute(async (trx) => {
      for (const row of rows) {
        await turnIndex.write(trx, {
          turnId: row.id,
          chatId: row.chat_id,
          userId: row.user_id,
          userText: row.user_text,
          assistantText: row.assistant_text,
          createdAtMs: row.created_at_ms,
        });
      }
    });
    if ((done / editsAtOnce) % turnsPerChat === 0) await database.forget(false, signal);
  }
  await database.forget(true, signal);
}

function indexBytes(): number {
  const reader = new Database(file, { readonly: true });
  const bytes = reader
    .prepare<[], number>("select sum(pgsize) from dbstat where name like '%turn_search%'")
    .pluck()
    .get();
  reader.close();
  return bytes ?? 0;
}
