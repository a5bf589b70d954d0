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

/** Kysely's SQLite dialect with what a server needs: see each class. Every SQLite error leaves it as a PipitError. */
export class ServerSqliteDialect extends SqliteDialect {
  readonly #database: Database;
  readonly #attempt: Attempt;

  constructor(database: Database, attempt = createAttempt(database)) {
    super({ database });
    this.#database = database;
    this.#attempt = attempt;
  }

  override createDriver(): ServerSqliteDriver {
    return new ServerSqliteDriver(this.#database, this.#attempt);
  }

  override createAdapter(): TransactionalDdlAdapter {
    return new TransactionalDdlAdapter();
  }
}

/** SQLite does roll back DDL: a migration that dies half way (a full disk) leaves nothing behind. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ServerSqliteDriver extends SqliteDriver {
  readonly #database: Database;

  constructor(database: Database, attempt: Attempt) {
    super({ database: withCacheAndErrors(database, attempt) });
    this.#database = database;
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
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

function withCacheAndErrors(database: Database, attempt: Attempt): SqliteDatabase {
  const cache = new Map<string, SqliteStatement>();
  const prepare = (text: string): SqliteStatement => {
    const statement = database.prepare<unknown[]>(text);
    return {
      reader: statement.reader,
      all: (parameters) => attempt(() => statement.all(...parameters)),
      run: (parameters) => attempt(() => statement.run(...parameters)),
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
