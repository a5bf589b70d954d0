import { Kysely, sql } from "kysely";
import type { Clock } from "#contract/clock.ts";
import type { RotationStore } from "#server/domain/tokens/ports.ts";
import type { AuditLogOptions } from "./audit/audit-store.ts";
import type { DatabaseTime } from "./sql/database-time.ts";
import { timedNow } from "./sql/database-watch.ts";
import { createDiskWatch, type StorageState } from "./disk-watch.ts";
import { createMigrations, executedMigrations, migrate } from "./migrations/migrations.ts";
import { keepBeforeMigration, removeOldCopies } from "./sqlite/snapshot.ts";
import { markSuspect, openDatabaseFile, type OpenSqliteOptions } from "./sqlite/open-sqlite.ts";
import type { OpenPostgresOptions } from "./postgres/open-postgres.ts";
import { toPostgresStartError } from "./errors/postgres-errors.ts";
import { PostgresIndexWork } from "./search/postgres-index-work.ts";
import { createPostgresTurnIndex } from "./search/postgres-turn-index.ts";
import type { Tables } from "./sql/schema.ts";
import { createAttempt, ServerSqliteDialect, SharedSqlite, type Attempt } from "./sqlite/sqlite-dialect.ts";
import { createSqliteRotations } from "./sqlite/sqlite-rotations.ts";
import { SqliteThread } from "./sqlite/sqlite-thread.ts";
import { ThreadSqliteDialect } from "./sqlite/thread-dialect.ts";
import { createSqliteIndexWork, forgetRemoved } from "./search/sqlite-index-work.ts";
import { createSqliteTurnIndex } from "./search/sqlite-turn-index.ts";
import { isCorruption, isIndexDamage, toStartError } from "./errors/storage-errors.ts";
import type { IndexWork, TurnIndex } from "./search/turn-index.ts";

/** Name of the SQLite file in a server's data folder. */
export const DATABASE_FILE = "pipit.db";

/** A person who searches does so again; the thread takes a while to start. */
const SEARCH_IDLE_MS = 120_000;

interface PostgresOptions extends Omit<OpenPostgresOptions, "onError"> {
  readonly clock: Clock;
  /** One connection without limits of time, for work on whole tables. */
  readonly unlimited?: boolean;
}

export type OpenDatabaseOptions = OpenSqliteOptions | PostgresOptions;

/** Names of migrations, oldest first. */
interface MigrationState {
  readonly done: readonly string[];
  readonly pending: readonly string[];
  /** Of a newer program: this one cannot use the database. */
  readonly newer: readonly string[];
}

/** A database with nothing on top of it. */
export interface DatabaseHandle extends AsyncDisposable {
  readonly dialect: "sqlite" | "postgres";
  /** What it has written survives a power cut. */
  readonly db: Kysely<Tables>;
  /**
   * The same database, for writes that no client is promised: they resolve before SQLite has them on the disk, and may be
   * gone after a power cut.
   */
  readonly relaxedDb: Kysely<Tables>;
  /**
   * The same database as `db`, for writes that would hold up the event loop: in a thread of its own. On PostgreSQL, for what may
   * wait for locks, as `patientDb`.
   */
  readonly roomyDb: Kysely<Tables>;
  /** The same database as `db`, for what must not be lost to a lock that is held for some seconds (ADR 102). */
  readonly patientDb: Kysely<Tables>;
  readonly turnIndex: TurnIndex;
  /** The same database as `db`, for searches that would hold up the event loop: reads in a thread of its own. */
  readonly searchDb: Kysely<Tables>;
  readonly indexWork: IndexWork;
  /** The prepared statements of the refresh, with the audit log that they write to. */
  readonly rotations: (audit: AuditLogOptions, time: DatabaseTime) => RotationStore;
  /** Where it is, for messages; without the password. */
  readonly place: string;
  /** How many statements or transactions wait, by what they wait for. */
  readonly queues: () => Readonly<Record<string, number>>;
  /** Path under which a damaged database was kept when this one was opened. */
  readonly setAside: string | undefined;
  /**
   * Takes the words of removed turns, and with `wiped` all that rows held before, out of the database's files too. Resolves
   * to false when that cannot be done now. On PostgreSQL it is the work of its VACUUM.
   */
  forget(wiped: boolean, signal: AbortSignal): Promise<boolean>;
  /** Resolves when it answers, however many wait for it. */
  ping(): Promise<void>;
  /** Rejects when it does not answer. */
  storageState(): Promise<StorageState>;
  /** Throws as {@link DatabaseHandle.migrate}, except for a newer database. */
  migrationState(): Promise<MigrationState>;
  /**
   * Brings the database to the current schema, all of it or nothing; several processes may do so at once. Resolves to
   * the migrations that were missing. Throws as `openStore`.
   *
   * An older SQLite file is copied beside itself before, unless `withoutBackup`.
   */
  migrate(options?: { readonly withoutBackup?: boolean }): Promise<readonly string[]>;
}

/** Opens a database and leaves its schema as it is. Throws as `openStore`; a PostgreSQL is asked only when it is used. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<DatabaseHandle> {
  return "databaseUrl" in options ? openPostgresDatabase(options) : openSqliteDatabase(options);
}

async function openSqliteDatabase(options: OpenSqliteOptions): Promise<DatabaseHandle> {
  const { file, logger, watch } = options;
  const { database, setAside } = await openDatabaseFile(options);
  const disk = createDiskWatch(logger, file, () => db);
  const attempt = createAttempt(database, (error) => {
    disk.see(error);
    watch?.failed(error.code);
    // A damaged index is made anew; all else is whole.
    if (!isCorruption(error) || isIndexDamage(error)) return;
    markSuspect(file);
    logger.error("store.damaged", { file, detail: error.detail });
  });
  const shared = new SharedSqlite(database, attempt, watch);
  const timedAttempt: Attempt = (work) => timedNow(watch, "rotation", () => attempt(work));
  const db = new Kysely<Tables>({ dialect: new ServerSqliteDialect(shared, true) });
  const relaxedDb = new Kysely<Tables>({ dialect: new ServerSqliteDialect(shared, false) });
  const thread = new SqliteThread(file);
  const roomyDb = new Kysely<Tables>({ dialect: new ThreadSqliteDialect(shared, thread, attempt) });
  // Of its own: finding stems takes seconds, and an answer that is being stored would wait for them.
  const indexThread = new SqliteThread(file);
  const indexDb = new Kysely<Tables>({ dialect: new ThreadSqliteDialect(shared, indexThread, attempt) });
  const searchThread = new SqliteThread(file, SEARCH_IDLE_MS);
  const searchDb = new Kysely<Tables>({
    dialect: new ThreadSqliteDialect(shared, searchThread, attempt, true),
  });
  const turnIndex = createSqliteTurnIndex();
  const starting = <T>(work: Promise<T>): Promise<T> =>
    work.catch((reason: unknown) => {
      throw toStartError(reason, file);
    });
  return {
    dialect: "sqlite",
    db,
    relaxedDb,
    roomyDb,
    patientDb: db,
    turnIndex,
    searchDb,
    indexWork: createSqliteIndexWork(indexDb, indexThread),
    rotations: (audit) => createSqliteRotations(db, database, timedAttempt, audit),
    place: file,
    queues: () => ({
      database: shared.waiting,
      long_answers: thread.waiting,
      search_index: indexThread.waiting,
      searches: searchThread.waiting,
    }),
    setAside,
    async forget(wiped, signal) {
      const merged = await forgetRemoved(relaxedDb, signal);
      return wiped || merged ? shared.emptyLog() : true;
    },
    ping: () => ping(db),
    storageState: () => disk.state(),
    migrationState: () => starting(stateOf(db, turnIndex)),
    migrate: ({ withoutBackup = false } = {}) =>
      starting(migrateFile(options, { db, turnIndex }, withoutBackup)),
    async [Symbol.asyncDispose]() {
      disk[Symbol.dispose]();
      await Promise.all([thread, indexThread, searchThread].map((each) => each[Symbol.asyncDispose]()));
      await roomyDb.destroy();
      await searchDb.destroy();
      await indexDb.destroy();
      await db.destroy();
      await relaxedDb.destroy();
      await shared.close();
    },
  };
}

async function migrateFile(
  old: OpenSqliteOptions,
  { db, turnIndex }: Pick<DatabaseHandle, "db" | "turnIndex">,
  withoutBackup: boolean,
): Promise<readonly string[]> {
  const { file, logger } = old;
  const before = (first: string): Promise<void> => keepBeforeMigration(old, first);
  const watch = { logger, ...(!withoutBackup && { before }) };
  const done = await migrate(db, createMigrations(turnIndex), file, watch);
  if (done.length === 0) await removeOldCopies(old);
  return done;
}

async function openPostgresDatabase(options: PostgresOptions): Promise<DatabaseHandle> {
  // Its client is loaded only where there is a PostgreSQL.
  const [{ openPostgres }, { createPostgresRotations }] = await Promise.all([
    import("./postgres/open-postgres.ts"),
    import("./postgres/postgres-rotations.ts"),
  ]);
  const {
    db: pool,
    query,
    place,
    openUnlimited,
    waiting,
    patientDb,
    probeDb,
  } = openPostgres({
    ...options,
    onError(error) {
      disk.see(error);
      options.watch?.failed(error.code);
    },
  });
  const disk = createDiskWatch(options.logger, place, () => probeDb);
  const single = options.unlimited === true ? openUnlimited() : undefined;
  const db = single ?? pool;
  const patient = single ?? patientDb;
  const turnIndex = createPostgresTurnIndex();
  const indexWork = new PostgresIndexWork(db);
  const starting = async <T>(work: (unlimited: Kysely<Tables>) => Promise<T>): Promise<T> => {
    const unlimited = openUnlimited();
    try {
      return await work(unlimited);
    } catch (reason) {
      throw toPostgresStartError(reason, place);
    } finally {
      await unlimited.destroy();
    }
  };
  return {
    dialect: "postgres",
    db,
    // PostgreSQL answers a commit when it is on the disk, and for many at once, by itself.
    relaxedDb: db,
    // It does its work in processes of its own.
    roomyDb: patient,
    patientDb: patient,
    turnIndex,
    searchDb: db,
    indexWork,
    rotations: (audit, time) => createPostgresRotations(db, query, audit, time),
    place,
    queues: () => ({ database: waiting() }),
    setAside: undefined,
    forget: async () => true,
    ping: () => ping(probeDb),
    storageState: () => disk.state(),
    migrationState: () => starting((unlimited) => stateOf(unlimited, turnIndex)),
    migrate: () =>
      starting((unlimited) =>
        migrate(unlimited, createMigrations(turnIndex), place, { logger: options.logger }),
      ),
    async [Symbol.asyncDispose]() {
      disk[Symbol.dispose]();
      await indexWork[Symbol.asyncDispose]();
      for (const each of new Set([db, patientDb, probeDb, pool])) await each.destroy();
    },
  };
}

async function ping(db: Kysely<Tables>): Promise<void> {
  await sql`select 1`.execute(db);
}

async function stateOf(db: Kysely<Tables>, turnIndex: TurnIndex): Promise<MigrationState> {
  const done = await executedMigrations(db);
  const known = Object.keys(createMigrations(turnIndex));
  return {
    done,
    pending: known.filter((name) => !done.includes(name)),
    newer: done.filter((name) => !known.includes(name)),
  };
}
