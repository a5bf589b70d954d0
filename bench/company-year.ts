import { stat } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { systemClock } from "#server/domain/clock.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { createMigratedDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { fillAuthData } from "./data/auth-filler.ts";
import { prepareAuthData, sqliteFile, type AuthData, type AuthPlace } from "./data/auth-data.ts";
import { companyWords, fillCompany } from "./data/company-filler.ts";
import { makeHome, startPipitMain } from "./lib/pipit-main.ts";
import { usageOf } from "./lib/process-usage.ts";
import {
  measureThroughput,
  postgresCpuMs,
  typical,
  type Measured,
  type Throughput,
} from "./lib/processor-time.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, quantile, type Contender } from "./lib/statistics.ts";
import { createTokenClient, granted } from "./lib/token-server.ts";

const databases = ["sqlite", "postgres"] as const;
type DatabaseName = (typeof databases)[number];

/** Of the whole company; PIPIT_BENCH_SHARE=0.1 makes a tenth of it. */
const share = Number(process.env["PIPIT_BENCH_SHARE"] ?? 1);
const chatsPerPerson = 4;
const turnsPerChat = 1_000;
const people = Math.max(10, Math.round(500 * share));
const person = "bench-0";
/** One person with the same four chats, and nobody else. */
const alone = {
  personId: person,
  chats: chatsPerPerson,
  turns: chatsPerPerson * turnsPerChat,
  refreshes: 100,
};
const company = {
  personId: person,
  chats: people * chatsPerPerson,
  turns: people * chatsPerPerson * turnsPerChat,
  refreshes: people * 40_000,
};
const rounds = { warmups: 1, measured: 5, budgetMs: 10 * 60_000 };
const searches = ["frequent", "rare", "mistyped"] as const;
type SearchName = (typeof searches)[number];
const works = ["list", ...searches, "refresh", "login"] as const;
type Work = (typeof works)[number];
const search = { workers: 2, requests: 40 };
/** So many that the ticks of the processor's clock, 10 ms each, are a small part. */
const loads = {
  list: { workers: 4, requests: 500 },
  frequent: search,
  rare: search,
  mistyped: search,
  refresh: { workers: 4, requests: 500 },
  login: { workers: 4, requests: 24 },
} as const;
const goal = { of: "ratio", atMost: 1.2 } as const;
/** What of the year is kept: everything is told in docs/operations.md. */
const kept = { chatsKeptDays: 0, usageKeptDays: 400 };
/** The last is the usual one; the others only divide the work: the runner ends a benchmark that says nothing for a quarter of an hour. */
const tokensKeptDays = [305, 275, 245, 215, 185, 155, 125, 95, 65, 30];
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A company of 500 after a year: 2,000 chats with 2 million exchanges, 20 million refreshes. What a start, the list of chats, a
 * search, a refresh and a sign-in cost one person beside the same person with the same chats alone; what the file has become, how
 * long retention holds others up, and what it gives back.
 */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult> {
  for (const database of databases) {
    if (!(process.env["PIPIT_BENCH_DATABASES"] ?? "sqlite postgres").includes(database)) continue;
    await using owner = new AsyncDisposableStack();
    const postgres = database === "postgres" ? owner.use(await startPostgres(signal)) : undefined;
    const small = await placeOf(postgres, owner);
    const large = await placeOf(postgres, owner);
    const few = yield* fill(`${database}.alone`, small, alone, signal);
    const many = yield* fill(database, large, company, signal);
    yield* startFigures(database, small, large, signal);
    const filled: Filled[] = [
      { name: "small", place: small, data: few, works },
      { name: "large", place: large, data: many, works },
    ];
    if (database === "sqlite") {
      const place = await placeOf(undefined, owner);
      const data = yield* fill(`${database}.thread`, place, alone, signal, true);
      filled.push({ name: "thread", place, data, works: searches });
    }
    yield* workFigures(database, filled, postgres, signal);
    yield* retentionFigures(database, large, signal);
  }
}

async function placeOf(
  postgres: PostgresServer | undefined,
  owner: AsyncDisposableStack,
): Promise<AuthPlace> {
  const { path: home } = owner.use(await makeHome());
  if (postgres === undefined) return { home };
  return { home, databaseUrl: owner.use(await createMigratedDatabase(postgres.url)).url };
}

/**
 * A part now and then, since the whole takes many minutes.
 *
 * @param asLarge on SQLite: its search index counts as a large one, which a thread reads
 */
async function* fill(
  name: string,
  place: AuthPlace,
  sizes: typeof company,
  signal: AbortSignal,
  asLarge = false,
): AsyncGenerator<BenchResult, AuthData> {
  const data = await prepareAuthData(place, { accounts: 10, sessions: 200 });
  if (asLarge) {
    using file = openSqlite(place);
    file.database.exec("insert into sqlite_sequence (name, seq) values ('turn_search_rows', 1000000)");
  }
  if (sizes.chats > chatsPerPerson) await fillAuthData(place, data, people);
  let startedMs = performance.now();
  for await (const part of fillCompany(place, sizes, signal)) {
    const value = (performance.now() - startedMs) / 1000;
    yield toResult({ name: `company-year.${name}.fill.${part}`, unit: "s", value });
    startedMs = performance.now();
  }
  return data;
}

function startIn({ home, databaseUrl }: AuthPlace, signal: AbortSignal) {
  const env = {
    ...(databaseUrl === undefined ? {} : { PIPIT_DATABASE_URL: databaseUrl }),
    PIPIT_TRUSTED_PROXIES: "127.0.0.1",
    OLLAMA_HOST: "http://127.0.0.1:9",
    // The sweep is measured by itself: in these servers it would begin at once, and count as their work.
    PIPIT_USED_TOKENS_KEPT_DAYS: "36500",
  };
  return startPipitMain(env, signal, home);
}

async function* startFigures(
  database: DatabaseName,
  small: AuthPlace,
  large: AuthPlace,
  signal: AbortSignal,
): AsyncGenerator<BenchResult> {
  const timed = async (place: AuthPlace): Promise<number> => {
    const startedMs = performance.now();
    await using server = await startIn(place, signal);
    const elapsedMs = performance.now() - startedMs;
    return server.pid === process.pid ? Number.NaN : elapsedMs;
  };
  const samples = await interleave(
    [
      { name: "small", measure: () => timed(small) },
      { name: "large", measure: () => timed(large) },
    ],
    { warmups: 1, measured: 5, budgetMs: 5 * 60_000 },
    signal,
  );
  const of = (name: string): number => median(samples.get(name) ?? []);
  yield toResult({
    name: `company-year.${database}.start`,
    unit: "ms",
    value: of("large"),
    baseline: of("small"),
    baselineName: "one person alone",
    goal,
  });
}

/** The n-th that is looked for: one of the words that are everywhere, one that is in few texts, and such a one misspelt. */
function wordOf(kind: SearchName, n: number): string {
  const word = companyWords[kind === "frequent" ? n % 8 : 8 + ((n * 61) % 4_000)] ?? "";
  return kind === "mistyped" ? word.slice(0, 2) + word.charAt(3) + word.charAt(2) + word.slice(4) : word;
}

interface Filled {
  readonly name: string;
  readonly place: AuthPlace;
  readonly data: AuthData;
  readonly works: readonly Work[];
}

/** A server, and what the person asks of it. */
async function openWorks(
  { name, place, data, works: wanted }: Filled,
  postgres: PostgresServer | undefined,
  owner: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<readonly Contender<Throughput>[]> {
  const { pid, httpUrl } = owner.use(await startIn(place, signal));
  const client = owner.use(
    createTokenClient({ ...data, httpUrl, tokenPath: "/oauth/token", jwksPath: "/.well-known/jwks.json" }),
  );
  const token = String(granted(await client.login(person, data.password))["access_token"]);
  const get = async (path: string): Promise<void> => {
    const answer = await fetch(httpUrl + path, { headers: { authorization: `Bearer ${token}` }, signal });
    const text = await answer.text();
    if (!answer.ok || text.length < 200) throw new Error(`${path}: ${answer.status} ${text}`);
  };
  let asked = 0;
  const find = (kind: SearchName) => () => get(`/v1/chats/search?limit=5&q=${wordOf(kind, ++asked)}`);
  const requests = {
    list: () => get("/v1/chats?limit=50"),
    frequent: find("frequent"),
    rare: find("rare"),
    mistyped: find("mistyped"),
    refresh: () => client.refresh(),
    login: async () => void granted(await client.login(data.logins[++asked % 10] ?? "", data.password)),
  };
  const measured: Measured = {
    program: { usage: () => usageOf(pid) },
    ...(postgres && { databaseCpuMs: () => postgresCpuMs(join(postgres.socketFolder, "data")) }),
  };
  return wanted.map((work) => ({
    name: `${name}.${work}`,
    async measure(inner) {
      // In a large index a thread is started, which the figure leaves out.
      if (loads[work] === search) await requests[work]();
      return measureThroughput(measured, loads[work], requests[work], inner);
    },
  }));
}

async function* workFigures(
  database: DatabaseName,
  filled: readonly Filled[],
  postgres: PostgresServer | undefined,
  signal: AbortSignal,
): AsyncGenerator<BenchResult> {
  await using owner = new AsyncDisposableStack();
  const contenders: Contender<Throughput>[] = [];
  for (const one of filled) contenders.push(...(await openWorks(one, postgres, owner, signal)));
  // The same work of all, one after the other: a busy machine changes from minute to minute.
  const byWork = works.flatMap((work) => contenders.filter(({ name }) => name.endsWith(`.${work}`)));
  const samples = await interleave(byWork, rounds, signal);
  const of = (name: string): number => {
    const { cpuMs, databaseCpuMs } = typical(samples.get(name));
    return cpuMs + databaseCpuMs;
  };
  for (const work of works) {
    const common = { unit: "ms of CPU", value: of(`large.${work}`) };
    yield toResult({
      ...common,
      name: `company-year.${database}.${work}`,
      baseline: of(`small.${work}`),
      baselineName: "one person alone",
      // On SQLite a thread reads a large index, which costs more than a small one read at once: see docs/performance.md.
      goal: loads[work] === search ? { of: "value", atMost: 50 } : goal,
    });
    if (!samples.has(`thread.${work}`)) continue;
    yield toResult({
      ...common,
      name: `company-year.${database}.${work}.thread`,
      baseline: of(`thread.${work}`),
      baselineName: "one person alone, in a thread",
      goal,
    });
  }
}

/** The hourly sweep of a server that has not done one for a year, beside somebody who writes all the time. */
async function* retentionFigures(
  database: DatabaseName,
  place: AuthPlace,
  signal: AbortSignal,
): AsyncGenerator<BenchResult> {
  const beforeMb = await megabytes(place);
  const waits: number[] = [];
  {
    const { databaseUrl } = place;
    await using store = await openStore({
      ...(databaseUrl === undefined ? { file: sqliteFile(place) } : { databaseUrl }),
      clock: systemClock,
      logger: silent,
    });
    const done = new AbortController();
    const writing = writeUntil(store, waits, AbortSignal.any([signal, done.signal]));
    try {
      for (const usedTokensKeptDays of tokensKeptDays) {
        const startedMs = performance.now();
        const removed =
          (await store.removeOld({ ...kept, usedTokensKeptDays }, signal))["refresh_tokens"] ?? 0;
        // It ends early without a word, and what it has left is no figure.
        signal.throwIfAborted();
        const value = (removed * 1000) / (performance.now() - startedMs);
        yield toResult({
          name: `company-year.${database}.retention.${usedTokensKeptDays}-days`,
          unit: "rows/s",
          value,
        });
      }
    } finally {
      done.abort();
      await writing;
    }
  }
  yield toResult({
    name: `company-year.${database}.retention.wait.p99`,
    unit: "ms",
    value: quantile(waits, 0.99),
  });
  yield toResult({
    name: `company-year.${database}.retention.wait.max`,
    unit: "ms",
    value: Math.max(...waits),
  });
  await vacuum(place);
  yield toResult({
    name: `company-year.${database}.size-after-vacuum`,
    unit: "MB",
    value: await megabytes(place),
    baseline: beforeMb,
    baselineName: "after the year",
    goal: { of: "ratio", atMost: 0.6 },
  });
}

/** How long a small write waits, again and again. */
async function writeUntil(store: Store, waits: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedMs = performance.now();
    await store.chats.update(person, "chat-0", { unread: waits.length % 2 === 0 });
    waits.push(performance.now() - startedMs);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

/** As `pipit admin db vacuum` does it. */
async function vacuum(place: AuthPlace): Promise<void> {
  if (place.databaseUrl !== undefined) return void (await queryPostgres(place.databaseUrl, "vacuum full"));
  using file = openSqlite(place);
  file.database.exec("vacuum");
  file.database.pragma("wal_checkpoint(truncate)");
}

function openSqlite(place: AuthPlace) {
  const database = new Database(sqliteFile(place));
  return { database, [Symbol.dispose]: () => void database.close() };
}

async function megabytes(place: AuthPlace): Promise<number> {
  if (place.databaseUrl === undefined) return (await stat(sqliteFile(place))).size / 1e6;
  const rows = await queryPostgres<{ bytes: string }>(
    place.databaseUrl,
    "select pg_database_size(current_database()) as bytes",
  );
  return Number(rows[0]?.bytes) / 1e6;
}
