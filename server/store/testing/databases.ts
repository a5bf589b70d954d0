import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { inject } from "vitest";
import { openStore, type OpenStoreOptions, type Store } from "../store.ts";
import { createMigratedDatabase, queryPostgres } from "./postgres-databases.ts";
import {
  createManualClock,
  createRecordingLogger,
  type ManualClock,
  type RecordingLogger,
} from "./temporary-store.ts";

declare module "vitest" {
  /** What tests/system/database-setup.ts hands to integration tests. */
  interface ProvidedContext {
    /** Of a PostgreSQL whose user may make databases; "" where PostgreSQL is not installed. */
    readonly postgresUrl: string;
    /** Of a Redis that other tests use too; "" where Redis is not installed. */
    readonly redisUrl: string;
  }
}

/** One row, as the database gives it. */
export type Row = Record<string, string | number | null>;

/** A real store on a database of its own, which goes away with it, whatever stores were opened on it. */
export interface DatabaseStore extends AsyncDisposable {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  /** Where the store is, as `openStore` and a server's configuration take it. */
  readonly location: { readonly file: string } | { readonly databaseUrl: string };
  /**
   * Another store on the same database, as another server process has it, with the same clock; closed with this. Two
   * SQLite stores in one process must take turns: a transaction of one stops the thread on which the other would end
   * its own. So tests of servers that work at once use {@link sharedDatabases}.
   */
  openSecond(): Promise<Store>;
  /** Closes {@link store} and opens another one, as a server that starts again does; closed with this. */
  reopen(): Promise<Store>;
  /** Runs one statement past the store; placeholders are $1, $2 on both. */
  query(text: string, ...parameters: readonly (string | number | null)[]): Promise<Row[]>;
}

/** A kind of database that the store runs on. */
export interface TestDatabase {
  readonly name: "SQLite" | "PostgreSQL";
  /** @example await using temporary = await open(); */
  open(): Promise<DatabaseStore>;
}

const sqlite: TestDatabase = { name: "SQLite", open: openSqlite };
const postgres: TestDatabase = { name: "PostgreSQL", open: openPostgres };

/** Undefined in unit tests, which use nothing but Node; "" where PostgreSQL is not installed. */
const serverUrl = inject("postgresUrl") as string | undefined;

/**
 * The databases that a behaviour of the store must be the same on: both, in integration tests; in unit tests
 * SQLite only.
 *
 * @example describe.each(databases)("accounts on $name", ({ open }) => { ... });
 */
export const databases: readonly TestDatabase[] = serverUrl === undefined ? [sqlite] : [sqlite, postgres];

/** Those on which several servers may work at once; none in unit tests. */
export const sharedDatabases: readonly TestDatabase[] = serverUrl === undefined ? [] : [postgres];

/** Address of the tests' PostgreSQL; throws what to do where there is none. */
export function postgresServerUrl(): string {
  if (serverUrl === undefined) throw new Error("PostgreSQL is for integration tests: see vitest.config.ts");
  if (serverUrl === "") throw new Error("PostgreSQL is not installed (Debian: apt-get install postgresql)");
  return serverUrl;
}

async function openSqlite(): Promise<DatabaseStore> {
  const dir = await mkdtemp(join(tmpdir(), "pipit-store-"));
  const file = join(dir, "pipit.db");
  const remove = () => rm(dir, { recursive: true, force: true });
  return openOn({ file }, remove, async (text, parameters) => {
    const database = new Database(file);
    try {
      const statement = database.prepare<unknown[], Row>(text);
      // To SQLite, $1 is a name.
      const named = Object.fromEntries(parameters.map((value, index) => [String(index + 1), value]));
      const bound = parameters.length === 0 ? [] : [named];
      if (statement.reader) return statement.all(...bound);
      statement.run(...bound);
      return [];
    } finally {
      database.close();
    }
  });
}

async function openPostgres(): Promise<DatabaseStore> {
  const database = await createMigratedDatabase(postgresServerUrl());
  const { url } = database;
  const remove = () => database[Symbol.asyncDispose]();
  return openOn({ databaseUrl: url }, remove, (text, parameters) =>
    queryPostgres<Row>(url, text, parameters),
  );
}

async function openOn(
  location: DatabaseStore["location"],
  remove: () => PromiseLike<void>,
  query: (text: string, parameters: readonly (string | number | null)[]) => Promise<Row[]>,
): Promise<DatabaseStore> {
  await using opened = new AsyncDisposableStack();
  opened.defer(async () => await remove());
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const options: OpenStoreOptions = { ...location, clock, logger };
  const store = opened.use(closingOnce(await openStore(options)));
  const owned = opened.move();
  return {
    store,
    clock,
    logger,
    location,
    openSecond: async () => owned.use(closingOnce(await openStore(options))),
    async reopen() {
      await store[Symbol.asyncDispose]();
      return owned.use(closingOnce(await openStore(options)));
    },
    query: (text, ...parameters) => query(text, parameters),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A test may end a store by itself; a pool must not be ended twice. */
function closingOnce(store: Store): Store {
  let closed: PromiseLike<void> | undefined;
  return { ...store, [Symbol.asyncDispose]: () => (closed ??= store[Symbol.asyncDispose]()) };
}
