import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { systemClock } from "#server/domain/clock.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { createMigratedDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { startPostgres } from "#tools/test/postgres-server.ts";
import { longestTurnMs } from "./lib/longest-turn.ts";
import { postgresCpuMs } from "./lib/processor-time.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { fill, file, queries, quiet, turns, type QueryClass } from "./data/search-data.ts";
import { quantile } from "./lib/statistics.ts";

const rounds = 25;
const rowsAtOnce = 2_000;

/** A store on PostgreSQL, and beside it what PostgreSQL offers by itself. */
interface Place {
  readonly store: Store;
  readonly url: string;
  /** Of PostgreSQL. */
  readonly databaseCpuMs: () => Promise<number>;
}

/** The same messages on PostgreSQL: the index is built, its size, and what a search costs beside a plain tsvector of the same texts. */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult> {
  // One that an earlier run has filled, on this machine: to fill one with a million messages takes a quarter of an hour.
  const kept = process.env["PIPIT_BENCH_POSTGRES_URL"];
  if (kept !== undefined) {
    await using store = await openStore({ databaseUrl: kept, clock: systemClock, logger: quiet });
    for (const asked of queries) yield* queryFigures({ store, url: kept }, asked, signal);
    return;
  }
  const textBytes = await fill();
  await using postgres = await startPostgres(signal);
  await using database = await createMigratedDatabase(postgres.url);
  const { url } = database;
  await copyTurns(url, signal);
  const databaseCpuMs = () => postgresCpuMs(join(postgres.socketFolder, "data"));
  await using store = await openStore({ databaseUrl: url, clock: systemClock, logger: quiet });
  yield* buildFigures({ store, url, databaseCpuMs }, signal);
  await queryPostgres(url, "vacuum analyze");
  yield toResult({
    name: "search-postgres.size",
    unit: "MB",
    value: (await sizeOf(url, "turn_search")) / 1e6,
    baseline: (await sizeOf(url, "plain")) / 1e6,
    baselineName: `plain tsvector (text: ${(textBytes / 1e6).toFixed(0)} MB)`,
  });
  for (const asked of queries) yield* queryFigures({ store, url }, asked, signal);
}

async function copyTurns(url: string, signal: AbortSignal): Promise<void> {
  const source = new Database(file, { readonly: true });
  await queryPostgres(
    url,
    `insert into chats (id, user_id, title, created_at_ms, updated_at_ms, pinned, archived)
     select * from json_to_recordset($1) as c (id text, user_id text, title text, created_at_ms bigint,
       updated_at_ms bigint, pinned integer, archived integer)`,
    [
      JSON.stringify(
        source
          .prepare("select id, user_id, title, created_at_ms, updated_at_ms, pinned, archived from chats")
          .all(),
      ),
    ],
  );
  const some = source.prepare<[number, number]>(
    "select id, chat_id, turn_index, user_text, assistant_text, created_at_ms from turns where rowid > ? and rowid <= ?",
  );
  for (let from = 0; from < turns; from += rowsAtOnce) {
    signal.throwIfAborted();
    await queryPostgres(
      url,
      `with given as (select * from json_to_recordset($1) as t
         (id text, chat_id text, turn_index integer, user_text text, assistant_text text, created_at_ms bigint)),
       made as (insert into turns (id, chat_id, user_id, turn_index, user_text, had_image, assistant_text, status,
         input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms)
         select id, chat_id, 'u', turn_index, user_text, 0, assistant_text, 'done', 0, 0, 'o', 0, created_at_ms from given
         returning id)
       select count(*) from made`,
      [JSON.stringify(some.all(from, from + rowsAtOnce))],
    );
  }
  source.close();
  await queryPostgres(
    url,
    `insert into turn_search (turn_id, created_at_ms, scope, words)
     select id, created_at_ms, array['u:u', 'c:' || chat_id], ''::tsvector from turns order by created_at_ms`,
  );
  await queryPostgres(url, "update turn_search_state set version = -1");
}

async function* buildFigures(
  { store, url, databaseCpuMs }: Place,
  signal: AbortSignal,
): AsyncGenerator<BenchResult> {
  let holdMs = 0;
  const build = async (): Promise<void> => {
    store.completeIndex();
    const isDone = async () =>
      (await queryPostgres(url, "select 1 from turn_search_state where outdated = 0 and version <> -1"))
        .length > 0;
    while (!(await isDone())) await sleep(50, undefined, { signal });
  };
  const builtMs = await costOf(databaseCpuMs, async () => {
    holdMs = await longestTurnMs(build);
  });
  await queryPostgres(url, "create table plain (id bigint primary key, words tsvector not null)");
  await queryPostgres(url, "create index plain_by_words on plain using gin (words)");
  const plainMs = await costOf(databaseCpuMs, () =>
    queryPostgres(
      url,
      `insert into plain select s.id, to_tsvector('simple', t.user_text || ' ' || t.assistant_text)
       from turn_search s join turns t on t.id = s.turn_id`,
    ),
  );
  yield toResult({
    name: "search-postgres.build.per-turn",
    unit: "ms of CPU",
    value: builtMs / turns,
    baseline: plainMs / turns,
    baselineName: "plain tsvector",
  });
  yield toResult({
    name: "search-postgres.build.loop-hold.max",
    unit: "ms of CPU",
    value: holdMs,
    goal: { of: "value", atMost: 20 },
  });
}

/** In processor time of this process and of PostgreSQL, which is found out before and after, since that costs time itself. */
async function costOf(
  databaseCpuMs: () => number | Promise<number>,
  work: () => Promise<unknown>,
): Promise<number> {
  const databaseBefore = await databaseCpuMs();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 + (await databaseCpuMs()) - databaseBefore;
}

async function sizeOf(url: string, table: string): Promise<number> {
  const rows = await queryPostgres<{ bytes: number }>(
    url,
    `select pg_total_relation_size('${table}') as bytes`,
  );
  return rows[0]?.bytes ?? 0;
}

/** Processor time of the sessions that a database has now, by the scheduler's clock: of a search, steps of 10 ms say little. Linux only. */
async function sessionsCpuMs(url: string): Promise<() => number> {
  const rows = await queryPostgres<{ pid: number }>(
    url,
    "select pid from pg_stat_activity where datname = current_database()",
  );
  const files = rows.map(({ pid }) => `/proc/${pid}/schedstat`).filter((path) => existsSync(path));
  // Nanoseconds on a processor, and what is not needed here.
  return () => files.reduce((sum, path) => sum + Number.parseInt(readFileSync(path, "utf8"), 10) / 1e6, 0);
}

async function* queryFigures(
  { store, url }: Omit<Place, "databaseCpuMs">,
  { name, query, options = {}, p95Ms }: QueryClass,
  signal: AbortSignal,
): AsyncGenerator<BenchResult> {
  const search = (asked: string) => store.turns.search("u", asked, { limit: 5, ...options });
  const plain = (asked: string) =>
    queryPostgres(
      url,
      `select id from plain, plainto_tsquery('simple', $1) as asked where words @@ asked
       order by ts_rank(words, asked) desc limit 5`,
      [asked.replaceAll('"', "")],
    );
  const costs: number[] = [];
  const plainCosts: number[] = [];
  for (let warm = 0; warm < 5; warm++) {
    await search(query());
    await plain(query());
  }
  const databaseCpuMs = await sessionsCpuMs(url);
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const asked = query();
    costs.push(await costOf(databaseCpuMs, () => search(asked)));
    plainCosts.push(await costOf(databaseCpuMs, () => plain(asked)));
  }
  for (const [part, at] of [
    ["p50", 0.5],
    ["p95", 0.95],
  ] as const) {
    yield toResult({
      name: `search-postgres.${name}.${part}`,
      unit: "ms of CPU",
      value: quantile(costs, at),
      baseline: quantile(plainCosts, at),
      baselineName: "plain tsvector, by ts_rank",
      ...(part === "p95" && { goal: { of: "value", atMost: p95Ms } }),
    });
  }
}
