import { Kysely, sql } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type { AccountStore, SignInCodeStore, WebSessionStore } from "#server/domain/accounts/ports.ts";
import type { AuditLog } from "#server/domain/audit/ports.ts";
import type { ChatStore, TurnStore, UsageStore } from "#server/domain/chats/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#server/domain/clock.ts";
import type { Logger } from "#server/domain/logger.ts";
import type { OidcPayloadStore } from "#server/domain/tokens/oidc-payload-port.ts";
import type { RefreshTokenStore, SigningKeyStore } from "#server/domain/tokens/ports.ts";
import { createAuditLog } from "./audit-store.ts";
import { createAuthStore } from "./auth-store.ts";
import { createChatStore } from "./chat-store.ts";
import { createOidcPayloadStore } from "./oidc-payload-store.ts";
import { createMigrations, migrate } from "./migrations.ts";
import { markSuspect, openDatabaseFile } from "./open-sqlite.ts";
import { openPostgres } from "./open-postgres.ts";
import { toPostgresStartError } from "./postgres-errors.ts";
import { createPostgresTurnIndex } from "./postgres-turn-index.ts";
import type { Tables } from "./schema.ts";
import { ServerSqliteDialect } from "./sqlite-dialect.ts";
import { createSqliteTurnIndex } from "./sqlite-turn-index.ts";
import { isCorruption, toStartError } from "./storage-errors.ts";
import type { TurnIndex } from "./turn-index.ts";
import { createTurnStore } from "./turn-store.ts";
import { createUsageStore } from "./usage-store.ts";

/**
 * Everything the server remembers. Its methods throw PipitError STORAGE_* when the disk or the file fails, and
 * DATABASE_UNREACHABLE while a database server does not answer.
 */
export interface Store extends AsyncDisposable {
  /** "sqlite": the data folder's lock makes this process the only user. "postgres": others may work with it too. */
  readonly dialect: "sqlite" | "postgres";
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly usage: UsageStore;
  readonly accounts: AccountStore;
  readonly signingKeys: SigningKeyStore;
  readonly refreshTokens: RefreshTokenStore;
  readonly webSessions: WebSessionStore;
  readonly signInCodes: SignInCodeStore;
  /** These and all else of the auth service, and the way to change several at once. */
  readonly auth: AuthStore;
  readonly oidcPayloads: OidcPayloadStore;
  /** Path under which a damaged database was kept when this one was opened. */
  readonly setAside: string | undefined;
  /** Resolves when the database answers; for /health and /ready. */
  ping(): Promise<void>;
}

interface CommonOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the audit log, 32 bytes of the master key. Without it, nothing can be done that must be audited. */
  readonly auditKey?: Buffer;
}

export interface SqliteStoreOptions extends CommonOptions {
  /** Path of the SQLite file; made, with its folder, when it is missing. */
  readonly file: string;
  /** How long a statement waits for another connection's lock; default 5000. */
  readonly busyTimeoutMs?: number;
}

export interface PostgresStoreOptions extends CommonOptions {
  /** e.g. "postgres://pipit:secret@db.example:5432/pipit?sslmode=verify-full" */
  readonly databaseUrl: string;
  /** Connections of this process; default 10. */
  readonly maxConnections?: number;
}

export type OpenStoreOptions = SqliteStoreOptions | PostgresStoreOptions;

/**
 * Opens the database and brings it to the current schema; several processes may do so at once.
 *
 * SQLite: throws STORAGE_UNREADABLE, STORAGE_FULL, DATA_FOLDER_IN_USE, or CONFIG_INVALID for a database of a newer
 * Pipit; each message names the path and the cure. A damaged file is kept aside and replaced by a fresh one: see
 * `setAside`.
 *
 * PostgreSQL: throws DATABASE_UNREACHABLE, or CONFIG_INVALID for a URL that is wrong or that the server refuses; each
 * message names the place and the cure, never the password.
 *
 * @example await using store = await openStore({ file: join(dataDir, "pipit.db"), clock: systemClock, logger });
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  return "databaseUrl" in options ? openPostgresStore(options) : openSqliteStore(options);
}

async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file, logger } = options;
  const { database, setAside } = await openDatabaseFile(options);
  const db = new Kysely<Tables>({
    dialect: new ServerSqliteDialect(database, (error) => {
      if (!isCorruption(error)) return;
      markSuspect(file);
      logger.error("store.damaged", { file, detail: error.detail });
    }),
  });
  const turnIndex = createSqliteTurnIndex();
  const close = async () => {
    await db.destroy();
    database.close();
  };
  try {
    await migrate(db, createMigrations(turnIndex), file);
  } catch (reason) {
    await close();
    throw toStartError(reason, file);
  }
  return createStore({ options, dialect: "sqlite", db, turnIndex, setAside, close });
}

async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { db, place, openUnlimited } = openPostgres(options);
  const turnIndex = createPostgresTurnIndex();
  const unlimited = openUnlimited();
  try {
    await migrate(unlimited, createMigrations(turnIndex), place);
  } catch (reason) {
    throw toPostgresStartError(reason, place);
  } finally {
    await unlimited.destroy();
  }
  const close = () => db.destroy();
  return createStore({ options, dialect: "postgres", db, turnIndex, setAside: undefined, close });
}

interface StoreParts {
  readonly options: CommonOptions;
  readonly dialect: Store["dialect"];
  readonly db: Kysely<Tables>;
  readonly turnIndex: TurnIndex;
  readonly setAside: string | undefined;
  readonly close: () => Promise<void>;
}

function createStore({ options, dialect, db, turnIndex, setAside, close }: StoreParts): Store {
  const { auditKey: key, clock } = options;
  const auth = createAuthStore(db, {
    auditLogFor: (connection) =>
      key === undefined ? closedAuditLog : createAuditLog(connection, { key, clock, dialect }),
  });
  return {
    dialect,
    chats: createChatStore(db),
    turns: createTurnStore(db, turnIndex),
    usage: createUsageStore(db),
    accounts: auth.accounts,
    signingKeys: auth.signingKeys,
    refreshTokens: auth.refreshTokens,
    webSessions: auth.webSessions,
    signInCodes: auth.signInCodes,
    auth,
    oidcPayloads: createOidcPayloadStore(db),
    setAside,
    async ping() {
      await sql`select 1`.execute(db);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Fails what was to be audited, rather than let it happen unseen. */
const closedAuditLog: AuditLog = {
  append: async () =>
    Promise.reject(
      new PipitError(
        "CONFIG_INVALID",
        "The audit log has no key. Give the server its master key and try again.",
      ),
    ),
};
