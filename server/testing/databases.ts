import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely } from "kysely";
import { inject } from "vitest";
import { sized } from "#tests/testing/test-size.ts";
import { openPostgres } from "../store/postgres/open-postgres.ts";
import { openDatabaseFile } from "../store/sqlite/open-sqlite.ts";
import { timeOf } from "../store/sql/database-time.ts";
import type { Tables } from "../store/sql/schema.ts";
import { ServerSqliteDialect, SharedSqlite } from "../store/sqlite/sqlite-dialect.ts";
import { openStore, type OpenStoreOptions, type Store } from "../store/store.ts";
import {
  createEmptyDatabase,
  createMigratedDatabase,
  queryPostgres,
  type TemporaryDatabase,
} from "./postgres-databases.ts";
import { writeMigratedFile } from "./sqlite-template.ts";
import {
  createManualClock,
  createRecordingLogger,
  TEST_AUDIT_KEY,
  type ManualClock,
  type RecordingLogger,
} from "./temporary-store.ts";

declare module "vitest" {
  /** What tools/test/database-setup.ts hands to integration tests. */
  interface ProvidedContext {
    /** URL of a PostgreSQL whose user may make databases; "" where PostgreSQL is not installed. */
    readonly postgresUrl: string;
    /** URL of a Redis that other tests use too; "" where Redis is not installed. */
    readonly redisUrl: string;
  }
}

/** One row, as the database gives it. */
export type Row = Record<string, string | number | null>;

/** A database of its own without any table, which goes away with it. */
export interface EmptyDatabase extends AsyncDisposable {
  /** Where it is, as `openStore` and a server's configuration take it. */
  readonly location: { readonly file: string } | { readonly databaseUrl: string };
  /** Runs one statement past the store; placeholders are $1, $2 on both. */
  query(text: string, ...parameters: readonly (string | number | null)[]): Promise<Row[]>;
  /** A connection (SQLite) or pool (PostgreSQL) of its own, set up as the store's; closed with this. */
  openDb(): Promise<Kysely<Tables>>;
}

/** A real store on a database of its own, which goes away with it, whatever stores were opened on it. */
export interface DatabaseStore extends EmptyDatabase {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  /**
   * Another store on the same database, as another server process has it, with the same clock; closed with this. Two
   * SQLite stores in one process must take turns: a transaction of one stops the thread on which the other would end
   * its own. So tests of servers that work at once use {@link sharedDatabases}.
   */
  openSecond(): Promise<Store>;
  /** Closes {@link store} and opens another one, as a server that starts again does; closed with this. */
  reopen(): Promise<Store>;
}

/** A kind of database that the store runs on. */
export interface TestDatabase {
  readonly name: "SQLite" | "PostgreSQL";
  /** @example await using temporary = await open(); */
  open(): Promise<DatabaseStore>;
  openEmpty(): Promise<EmptyDatabase>;
}

/** For what is the same on every database, because the stores are: their own suites say so on both. */
export const sqlite: TestDatabase = {
  name: "SQLite",
  open: async () => openStoreOn(await makeSqlite(writeMigratedFile)),
  openEmpty: async () => makeSqlite(),
};
const postgres: TestDatabase = {
  name: "PostgreSQL",
  open: async () => openStoreOn(await makePostgres(createMigratedDatabase)),
  openEmpty: async () => makePostgres(createEmptyDatabase),
};

/** Undefined in unit tests, which use nothing but Node; "" where PostgreSQL is not installed. */
const serverUrl = inject("postgresUrl") as string | undefined;

/**
 * The databases that a behaviour must be proven on each of, because it is the store's own, or one of many at once:
 * both, in integration tests; in unit tests SQLite only.
 *
 * @example describe.each(databases)("accounts on $name", ({ open }) => { ... });
 */
export const databases: readonly TestDatabase[] = serverUrl === undefined ? [sqlite] : [sqlite, postgres];

/**
 * For statements over HTTP, whose stores have suites of their own on both: SQLite in `npm test`, both in
 * `npm run nightly`.
 */
export const databasesBySize: readonly TestDatabase[] = sized([sqlite], databases);

/** The databases on which several servers may work at once; none in unit tests. */
export const sharedDatabases: readonly TestDatabase[] = serverUrl === undefined ? [] : [postgres];

/** Address of the tests' PostgreSQL; throws what to do where there is none. */
export function postgresServerUrl(): string {
  if (serverUrl === undefined) throw new Error("PostgreSQL is for integration tests: see vitest.config.ts");
  if (serverUrl === "") throw new Error("PostgreSQL is not installed (Debian: apt-get install postgresql)");
  return serverUrl;
}

async function makeSqlite(
  prepare: (file: string) => Promise<void> = () => Promise.resolve(),
): Promise<EmptyDatabase> {
  const dir = await mkdtemp(join(tmpdir(), "pipit-store-"));
  const file = join(dir, "pipit.db");
  await prepare(file);
  const owned = new AsyncDisposableStack();
  owned.defer(() => rm(dir, { recursive: true, force: true }));
  return {
    location: { file },
    async query(text, ...parameters) {
      using database = closing(new Database(file));
      const statement = database.prepare<unknown[], Row>(text);
      // To SQLite, $1 is a name.
      const named = Object.fromEntries(parameters.map((value, index) => [String(index + 1), value]));
      const bound = parameters.length === 0 ? [] : [named];
      if (statement.reader) return statement.all(...bound);
      statement.run(...bound);
      return [];
    },
    async openDb() {
      const options = { file, clock: createManualClock(), logger: createRecordingLogger() };
      const { database } = await openDatabaseFile(options);
      const db = new Kysely<Tables>({ dialect: new ServerSqliteDialect(new SharedSqlite(database), true) });
      owned.defer(() => db.destroy());
      return db;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function closing(database: Database.Database): Database.Database & Disposable {
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}

async function makePostgres(
  create: (serverUrl: string) => Promise<TemporaryDatabase>,
): Promise<EmptyDatabase> {
  const owned = new AsyncDisposableStack();
  const { url: databaseUrl } = owned.use(await create(postgresServerUrl()));
  return {
    location: { databaseUrl },
    query: (text, ...parameters) => queryPostgres<Row>(databaseUrl, text, parameters),
    async openDb() {
      const { db } = openPostgres({ databaseUrl, logger: createRecordingLogger() });
      owned.defer(() => db.destroy());
      return db;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openStoreOn(database: EmptyDatabase): Promise<DatabaseStore> {
  await using opened = new AsyncDisposableStack();
  opened.use(database);
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const options: OpenStoreOptions = {
    ...database.location,
    clock,
    // Also on PostgreSQL, whose own clock no test moves.
    time: timeOf(clock),
    logger,
    auditKey: TEST_AUDIT_KEY,
  };
  const store = opened.use(closingOnce(await openStore(options)));
  const owned = opened.move();
  const openSecond = async () => owned.use(closingOnce(await openStore(options)));
  return {
    ...database,
    store,
    clock,
    logger,
    openSecond,
    async reopen() {
      await store[Symbol.asyncDispose]();
      return openSecond();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A test may end a store by itself; a pool must not be ended twice. */
function closingOnce(store: Store): Store {
  let closed: Promise<void> | undefined;
  return { ...store, [Symbol.asyncDispose]: () => (closed ??= store[Symbol.asyncDispose]()) };
}
