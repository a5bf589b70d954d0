import { Kysely, sql } from "kysely";
import type { AccountStore, SignInCodeStore, WebSessionStore } from "#server/domain/accounts/ports.ts";
import type { ChatStore, TurnStore, UsageStore } from "#server/domain/chats/ports.ts";
import type { Clock } from "#server/domain/clock.ts";
import type { Logger } from "#server/domain/logger.ts";
import type { RefreshTokenStore, SigningKeyStore } from "#server/domain/tokens/ports.ts";
import { createAccountStore } from "./account-store.ts";
import { createChatStore } from "./chat-store.ts";
import { createMigrations, migrate } from "./migrations.ts";
import { markSuspect, openDatabaseFile } from "./open-sqlite.ts";
import { createRefreshTokenStore } from "./refresh-token-store.ts";
import type { Tables } from "./schema.ts";
import { createSignInCodeStore } from "./sign-in-code-store.ts";
import { createSigningKeyStore } from "./signing-key-store.ts";
import { ServerSqliteDialect } from "./sqlite-dialect.ts";
import { createSqliteTurnIndex } from "./sqlite-turn-index.ts";
import { isCorruption, toStartError } from "./storage-errors.ts";
import { createTurnStore } from "./turn-store.ts";
import { createUsageStore } from "./usage-store.ts";
import { createWebSessionStore } from "./web-session-store.ts";

/** Everything the server remembers. Its methods throw PipitError STORAGE_* when the disk or the file fails. */
export interface Store extends AsyncDisposable {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly usage: UsageStore;
  readonly accounts: AccountStore;
  readonly signingKeys: SigningKeyStore;
  readonly refreshTokens: RefreshTokenStore;
  readonly webSessions: WebSessionStore;
  readonly signInCodes: SignInCodeStore;
  /** Path under which a damaged database was kept when this one was opened. */
  readonly setAside: string | undefined;
  /** Resolves when the database answers; for /health and /ready. */
  ping(): Promise<void>;
}

export interface OpenStoreOptions {
  /** Path of the SQLite file; made, with its folder, when it is missing. */
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a statement waits for another connection's lock; default 5000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the database and brings it to the current schema.
 * Throws STORAGE_UNREADABLE, STORAGE_FULL, DATA_FOLDER_IN_USE, or CONFIG_INVALID for a database of a newer Pipit; each
 * message names the path and the cure. A damaged file is kept aside and replaced by a fresh one: see `setAside`.
 *
 * @example await using store = await openStore({ file: join(dataDir, "pipit.db"), clock: systemClock, logger });
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
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
  return {
    chats: createChatStore(db),
    turns: createTurnStore(db, turnIndex),
    usage: createUsageStore(db),
    accounts: createAccountStore(db),
    signingKeys: createSigningKeyStore(db),
    refreshTokens: createRefreshTokenStore(db),
    webSessions: createWebSessionStore(db),
    signInCodes: createSignInCodeStore(db),
    setAside,
    async ping() {
      await sql`select 1`.execute(db);
    },
    [Symbol.asyncDispose]: close,
  };
}
