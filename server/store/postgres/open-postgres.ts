import { Kysely, PostgresDialect } from "kysely";
import { Pool, types, type CustomTypesConfig } from "pg";
import type { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import type { DatabaseWatch } from "../sql/database-watch.ts";
import { parseDatabaseUrl, type DatabaseAddress } from "./database-url.ts";
import { withErrors } from "./postgres-pool.ts";
import type { Tables } from "../sql/schema.ts";

/** Connections per server process. */
const DEFAULT_MAX_CONNECTIONS = 10;
/** How long a call waits for a connection, be it a new one or one that others hold. */
const CONNECT_TIMEOUT_MS = 5000;
/** Longest statement; ours take milliseconds. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** When the server itself says nothing any more (a network that swallows packets). */
const SILENCE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5000;
/** A transaction that does nothing for so long holds its locks in vain. */
const IDLE_TRANSACTION_TIMEOUT_MS = 30_000;
const IDLE_CONNECTION_TIMEOUT_MS = 30_000;

export interface OpenPostgresOptions {
  /** e.g. "postgres://pipit:secret@db.example:5432/pipit?sslmode=verify-full" */
  readonly databaseUrl: string;
  readonly logger: Logger;
  /** Told of every error of PostgreSQL before it is thrown. */
  readonly onError?: (error: PipitError) => void;
  readonly watch?: DatabaseWatch | undefined;
  /** Connections of this process; default {@link DEFAULT_MAX_CONNECTIONS}. */
  readonly maxConnections?: number | undefined;
}

/**
 * Makes the pool; connects to nothing yet. Connections that break are replaced at the next use, so the store works
 * again as soon as its database does.
 * Throws CONFIG_INVALID for a URL that cannot be read.
 */
export function openPostgres(options: OpenPostgresOptions) {
  const { logger, maxConnections = DEFAULT_MAX_CONNECTIONS } = options;
  const address = parseDatabaseUrl(options.databaseUrl);
  const { place } = address;
  const connect = (limits: object) => {
    const connections = createPool(address, limits, logger);
    const pool = withErrors(connections, place, options.onError, options.watch);
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    return { pool, db, waiting: () => connections.waitingCount };
  };
  const { pool, db, waiting } = connect({
    max: maxConnections,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENCE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
  });
  return {
    /** Where the database is, for messages; without the password. */
    place,
    db,
    /** How many wait for a connection. */
    waiting,
    /** One statement past Kysely, on the same pool, with the same errors. */
    async query(text: string, values: readonly unknown[]): Promise<readonly object[]> {
      const client = await pool.connect();
      try {
        return (await client.query<object>(text, values)).rows;
      } finally {
        client.release();
      }
    },
    /** For migrations, which may take long: one connection without a limit of time. The caller destroys it. */
    openUnlimited: () => connect({ max: 1 }).db,
  };
}

export type OpenedPostgres = ReturnType<typeof openPostgres>;

function createPool(address: DatabaseAddress, limits: object, logger: Logger): Pool {
  const pool = new Pool({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: address.password,
    ssl: address.ssl,
    application_name: address.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_CONNECTION_TIMEOUT_MS,
    keepAlive: true,
    types: numbersAsNumbers,
    ...limits,
  });
  const lost = (error: Error): void =>
    logger.warn("store.connection_lost", { place: address.place, reason: error.message });
  // Unheard, both errors would end the process: of a connection at rest, and of one in use between two statements.
  pool.on("error", lost);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Our integers stay below 2^53, so they need not come as text: bigint (20), and numeric (1700), the sum of bigints. */
export const numbersAsNumbers: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === 20 || oid === 1700 ? Number : (types.getTypeParser(oid, format) as (value: string) => unknown),
};
