import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
} from "kysely";
import { timed, type DatabaseWatch } from "../sql/database-watch.ts";
import type { Attempt, SharedSqlite } from "./sqlite-dialect.ts";
import type { SqliteThread } from "./sqlite-thread.ts";

/**
 * Kysely's SQLite dialect in a thread. It has the database in turn with the connection of the event loop, which would
 * otherwise stand still until the thread has written; what it writes is on the disk when it resolves.
 *
 * @param readsOnly it has the database at any time, as SQLite lets readers and a writer work at once
 */
export class ThreadSqliteDialect extends SqliteDialect {
  readonly #shared: SharedSqlite;
  readonly #thread: SqliteThread;
  readonly #attempt: Attempt;
  readonly #readsOnly: boolean;

  constructor(shared: SharedSqlite, thread: SqliteThread, attempt: Attempt, readsOnly = false) {
    super({ database: shared.database });
    this.#shared = shared;
    this.#thread = thread;
    this.#attempt = attempt;
    this.#readsOnly = readsOnly;
  }

  override createDriver(): Driver {
    const connection = new ThreadConnection(this.#thread, this.#attempt, this.#shared.watch);
    return this.#readsOnly ? new ReadingDriver(connection) : new ThreadDriver(this.#shared, connection);
  }

  override createAdapter(): SqliteAdapter {
    return new SqliteAdapter();
  }
}

class ThreadDriver implements Driver {
  readonly #shared: SharedSqlite;
  readonly #connection: ThreadConnection;

  constructor(shared: SharedSqlite, connection: ThreadConnection) {
    this.#shared = shared;
    this.#connection = connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#connection.ready();
    await this.#shared.take();
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#shared.giveBack();
    await this.#shared.committed();
  }

  async beginTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw("begin immediate"));
    this.#connection.inTransaction = true;
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw("commit"));
    this.#connection.inTransaction = false;
  }

  /** After some errors (a full disk, an ended thread) there is none any more. */
  async rollbackTransaction(): Promise<void> {
    const rollingBack = this.#connection.executeQuery(CompiledQuery.raw("rollback"));
    this.#connection.inTransaction = false;
    await rollingBack.catch(() => {});
  }

  async destroy(): Promise<void> {}
}

class ReadingDriver implements Driver {
  readonly #connection: ThreadConnection;

  constructor(connection: ThreadConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(): Promise<never> {
    throw new Error("This connection reads only, a statement at a time.");
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {}

  async destroy(): Promise<void> {}
}

class ThreadConnection implements DatabaseConnection {
  readonly #thread: SqliteThread;
  readonly #attempt: Attempt;
  readonly #watch: DatabaseWatch | undefined;
  inTransaction = false;

  constructor(thread: SqliteThread, attempt: Attempt, watch: DatabaseWatch | undefined) {
    this.#thread = thread;
    this.#attempt = attempt;
    this.#watch = watch;
  }

  /** Throws as a query does. */
  async ready(): Promise<void> {
    await this.#thread.ready().catch((reason: unknown) =>
      this.#attempt(() => {
        throw reason;
      }),
    );
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { rows, changes } = await timed(this.#watch, "thread", () =>
        this.#thread.run(sql, parameters, this.inTransaction),
      );
      return { rows: rows as Row[], numAffectedRows: BigInt(changes) };
    } catch (reason) {
      return this.#attempt(() => {
        throw reason;
      });
    }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error("Rows are not streamed out of the thread.");
  }
}
