import type { Database } from "better-sqlite3";
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type SqliteDatabase,
  type SqliteStatement,
} from "kysely";
import type { PipitError } from "#contract/pipit-error.ts";
import { WalSync } from "./wal-sync.ts";
import { kindOf, timed, timedNow, type DatabaseWatch } from "../sql/database-watch.ts";
import { toRunningError } from "../errors/storage-errors.ts";

/** Prepared statements kept per database; more distinct texts than this only cost preparing them again. */
const MAX_CACHED_STATEMENTS = 200;

/** Told of every error of SQLite before it is thrown. */
type OnError = (error: PipitError) => void;

/** Runs what asks SQLite; what it throws, it throws as a PipitError. */
export type Attempt = <T>(work: () => T) => T;

export function createAttempt(database: Database, onError: OnError = () => undefined): Attempt {
  return (work) => {
    try {
      return work();
    } catch (reason) {
      const error = toRunningError(reason, database.name);
      onError(error);
      throw error;
    }
  };
}

/** The one connection of a database, which all that use it take in turn, and the way of its commits to the disk. */
export class SharedSqlite {
  readonly database: SqliteDatabase;
  readonly watch: DatabaseWatch | undefined;
  readonly #raw: Database;
  readonly #sync: WalSync;
  readonly #attempt: Attempt;
  readonly #totalChanges: () => number;
  #last: Promise<void> = Promise.resolve();
  #release: () => void = () => {};
  #seenChanges = 0;
  #waiting = 0;

  constructor(database: Database, attempt = createAttempt(database), watch?: DatabaseWatch) {
    this.database = withCacheAndErrors(database, attempt, watch);
    this.watch = watch;
    this.#raw = database;
    this.#attempt = attempt;
    this.#sync = new WalSync(database.name);
    const statement = database.prepare<[], number>("select total_changes()").pluck();
    this.#totalChanges = () => statement.get() ?? 0;
  }

  get inTransaction(): boolean {
    return this.#raw.inTransaction;
  }

  /** How many wait for the connection. */
  get waiting(): number {
    return this.#waiting;
  }

  async take(): Promise<void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    this.#waiting += 1;
    await before;
    this.#waiting -= 1;
    this.#release = resolve;
  }

  /** @returns whether something was written */
  giveBack(): boolean {
    const changes = this.#raw.open ? this.#totalChanges() : this.#seenChanges;
    const wrote = changes !== this.#seenChanges;
    this.#seenChanges = changes;
    this.#release();
    return wrote;
  }

  /** Resolves when all that is committed by now survives a power cut. */
  async committed(): Promise<void> {
    const synced = timed(this.watch, "sync", () => this.#sync.committed());
    await synced.catch((reason: unknown) =>
      this.#attempt(() => {
        throw reason;
      }),
    );
  }

  /**
   * Moves the write-ahead log into the database and empties it: it holds pages as they were. Resolves to false, and has not
   * waited, while another connection is reading the database.
   */
  async emptyLog(): Promise<boolean> {
    await this.take();
    try {
      return this.#withoutWaiting(() => {
        const busy = this.#attempt(() => this.#raw.pragma("wal_checkpoint(TRUNCATE)", { simple: true }));
        return busy === 0;
      });
    } finally {
      this.giveBack();
    }
  }

  #withoutWaiting<T>(work: () => T): T {
    const waitMs = Number(this.#raw.pragma("busy_timeout", { simple: true }));
    this.#raw.pragma("busy_timeout = 0");
    try {
      return work();
    } finally {
      this.#raw.pragma(`busy_timeout = ${waitMs}`);
    }
  }

  /** The first of those that share it closes it for all; a second time does nothing. */
  async close(): Promise<void> {
    await this.#sync[Symbol.asyncDispose]();
    this.database.close();
  }
}

/**
 * Kysely's SQLite dialect with what a server needs: see each class. Every SQLite error leaves it as a PipitError.
 *
 * @param waits whether what it writes is on the disk when a statement or a transaction resolves
 */
export class ServerSqliteDialect extends SqliteDialect {
  readonly #shared: SharedSqlite;
  readonly #waits: boolean;

  constructor(shared: SharedSqlite, waits: boolean) {
    super({ database: shared.database });
    this.#shared = shared;
    this.#waits = waits;
  }

  override createDriver(): ServerSqliteDriver {
    return new ServerSqliteDriver(this.#shared, this.#waits);
  }

  override createAdapter(): ServerSqliteAdapter {
    return new ServerSqliteAdapter();
  }
}

class ServerSqliteAdapter extends SqliteAdapter {
  /** SQLite does roll back DDL: a migration that dies half way (a full disk) leaves nothing behind. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** No, but our driver hands out the one, and gives it to the next before a commit is on the disk. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class ServerSqliteDriver extends SqliteDriver {
  readonly #shared: SharedSqlite;
  readonly #waits: boolean;

  constructor(shared: SharedSqlite, waits: boolean) {
    super({ database: shared.database });
    this.#shared = shared;
    this.#waits = waits;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    await this.#shared.take();
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    if (this.#shared.giveBack() && this.#waits) await this.#shared.committed();
  }

  override async destroy(): Promise<void> {
    await this.#shared.close();
  }

  /**
   * Takes the write lock at once. A deferred transaction that reads first fails with SQLITE_BUSY, without waiting,
   * when another connection has written in between.
   */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  /** After some errors (a full disk) SQLite has already rolled back; a second rollback would hide the first error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#shared.inTransaction) await super.rollbackTransaction(connection);
  }
}

function withCacheAndErrors(
  database: Database,
  attempt: Attempt,
  watch: DatabaseWatch | undefined,
): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>();
  const prepare = (text: string): SqliteStatement => {
    const statement = database.prepare<unknown[]>(text);
    const kind = kindOf(text);
    return {
      reader: statement.reader,
      all: (parameters) => timedNow(watch, kind, () => attempt(() => statement.all(...parameters))),
      run: (parameters) => timedNow(watch, kind, () => attempt(() => statement.run(...parameters))),
      iterate: (parameters) => attempt(() => statement.iterate(...parameters)),
    };
  };
  return {
    close: () => {
      cache.clear();
      database.close();
    },
    prepare: (text) => {
      const known = cache.get(text);
      if (known !== undefined) return known;
      const made = attempt(() => prepare(text));
      if (cache.size >= MAX_CACHED_STATEMENTS) {
        const oldest = cache.keys().next().value;
        if (oldest !== undefined) cache.delete(oldest);
      }
      cache.set(text, made);
      return made;
    },
  };
}
