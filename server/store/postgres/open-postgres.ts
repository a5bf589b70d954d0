import { Kysely, PostgresDialect } from "kysely";
import { Pool, types, type CustomTypesConfig } from "pg";
import type { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import { createOutage } from "#server/domain/outage.ts";
import type { DatabaseWatch } from "../sql/database-watch.ts";
import { parseDatabaseUrl, type DatabaseAddress } from "./database-url.ts";
import { isBusy, isLockTimeout, isLostConnection } from "../errors/postgres-errors.ts";
import { createLockedStatements } from "./locked-statements.ts";
import { withErrors } from "./postgres-pool.ts";
import type { Tables } from "../sql/schema.ts";

/** Connections per server process. */
const DEFAULT_MAX_CONNECTIONS = 10;
/** How long a call waits for a connection, be it a new one or one that others hold. */
const CONNECT_TIMEOUT_MS = 5000;
/** Longest statement; ours take milliseconds. */
const STATEMENT_TIMEOUT_MS = 15_000;
/**
 * How long a statement of a request waits for a lock. Less than {@link CONNECT_TIMEOUT_MS}, so that who waits for a connection behind
 * those gets one; more than PostgreSQL's `deadlock_timeout`, a second.
 */
const LOCK_TIMEOUT_MS = 3000;
/** When the server itself says nothing any more (a network that swallows packets). */
const SILENCE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5000;
/** A transaction that does nothing for so long holds its locks in vain. */
const IDLE_TRANSACTION_TIMEOUT_MS = 30_000;
const IDLE_CONNECTION_TIMEOUT_MS = 30_000;
/** For what waits for locks; it is brief, and seldom. */
const MAX_PATIENT_CONNECTIONS = 2;
const MAX_TOLD_CHARS = 1000;
/** As long as requests are refused because of locks, or for want of a connection, the log says so again after this. */
const TELL_AGAIN_MS = 60_000;
const LOCK_CURE =
  "Find who holds the lock: select pid, usename, state, query from pg_stat_activity where pid in " +
  "(select unnest(pg_blocking_pids(pid)) from pg_stat_activity). Let it end, or end it by pg_terminate_backend.";

export interface OpenPostgresOptions {
  /** e.g. "postgres://pipit:secret@db.example:5432/pipit?sslmode=verify-full" */
  readonly databaseUrl: string;
  readonly logger: Logger;
  /** Told of every error of PostgreSQL before it is thrown. */
  readonly onError?: (error: PipitError) => void;
  readonly watch?: DatabaseWatch | undefined;
  /** Connections of this process; default {@link DEFAULT_MAX_CONNECTIONS}. */
  readonly maxConnections?: number | undefined;
  /** Of a server: its requests wait for locks only briefly, so that a locked table takes none but its own down (ADR 102). */
  readonly serving?: boolean | undefined;
}

/**
 * Makes the pool; connects to nothing yet. Connections that break are replaced at the next use, so the store works
 * again as soon as its database does.
 * Throws CONFIG_INVALID for a URL that cannot be read.
 */
export function openPostgres(options: OpenPostgresOptions) {
  const { logger, maxConnections = DEFAULT_MAX_CONNECTIONS, watch, serving = false } = options;
  const address = parseDatabaseUrl(options.databaseUrl);
  const { place } = address;
  const outage = createFaultTelling(logger, place);
  const onError = (error: PipitError): void => options.onError?.(error);
  const onServingError = (error: PipitError): void => {
    outage.see(error);
    onError(error);
  };
  const connect = (limits: object, failed: typeof onError) => {
    const connections = createPool(address, limits, outage);
    const locked = createLockedStatements(outage.locked);
    const pool = withErrors(connections, { place, onError: failed, watch, locked });
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    return { pool, db, waiting: () => connections.waitingCount };
  };
  const patience = {
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENCE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
  };
  // A program that ends by an error says it itself.
  const told = serving ? onServingError : onError;
  const limits = serving ? { ...patience, lock_timeout: LOCK_TIMEOUT_MS } : patience;
  const requests = connect({ ...limits, max: maxConnections }, told);
  const patient = serving ? connect({ ...patience, max: MAX_PATIENT_CONNECTIONS }, told) : requests;
  const probes = serving ? connect({ ...limits, max: 1 }, told) : requests;
  const { pool, db } = requests;
  return {
    /** Where the database is, for messages; without the password. */
    place,
    db,
    /** For what must not be lost to a lock that is held for some seconds: it waits as long as a statement may take. */
    patientDb: patient.db,
    /** One connection that no request takes. */
    probeDb: probes.db,
    /** How many wait for a connection. */
    waiting: () => requests.waiting() + (serving ? patient.waiting() : 0),
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
    openUnlimited: () => connect({ max: 1 }, onError).db,
  };
}

export type OpenedPostgres = ReturnType<typeof openPostgres>;

type FaultTelling = ReturnType<typeof createFaultTelling>;

/** Tells the log of what requests fail with one by one, once: that the database is lost until it is back, and now and then that it is busy. */
function createFaultTelling(logger: Logger, place: string) {
  const connection = createOutage(
    logger,
    { lost: "store.connection_lost", back: "store.connection_back" },
    { place },
  );
  const toldAtMs = new Map<string, number>();
  const tellAtTimes = (event: string, fields: object): void => {
    const nowMs = performance.now();
    if (nowMs - (toldAtMs.get(event) ?? -Infinity) < TELL_AGAIN_MS) return;
    toldAtMs.set(event, nowMs);
    logger.warn(event, { place, ...fields });
  };
  const lost = (reason: string | undefined): void => connection.failed("lost", { reason });
  return {
    lost,
    back: (): void => connection.works(),
    locked: (statement: string): void =>
      tellAtTimes("store.locked", { statement: statement.slice(0, MAX_TOLD_CHARS), cure: LOCK_CURE }),
    see(error: PipitError): void {
      if (isLostConnection(error.cause)) lost(error.detail);
      else if (isBusy(error.cause) && !isLockTimeout(error.cause))
        tellAtTimes("store.busy", { reason: error.detail });
    },
  };
}

function createPool(address: DatabaseAddress, limits: object, outage: FaultTelling): Pool {
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
  // Unheard, both errors would end the process: of a connection at rest, and of one in use between two statements.
  pool.on("error", (error) => outage.lost(error.message));
  pool.on("connect", (client) => {
    outage.back();
    client.on("error", () => undefined);
  });
  return pool;
}

/** Our integers stay below 2^53, so they need not come as text: bigint (20), and numeric (1700), the sum of bigints. */
export const numbersAsNumbers: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === 20 || oid === 1700 ? Number : (types.getTypeParser(oid, format) as (value: string) => unknown),
};
