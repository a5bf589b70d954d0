import { performance } from "node:perf_hooks";
import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createAuthTables } from "./migration-0003.ts";
import { createChatTrees } from "./migration-0009.ts";
import { nameBrowserSessions } from "./migration-0012.ts";
import { createMemories } from "./migration-0019.ts";
import { createVectors } from "./migration-0020.ts";
import { createTokenUse } from "./migration-0021.ts";
import { createProjects } from "./migration-0022.ts";
import { createRooms } from "./migration-0023.ts";
import { markUnreadChats } from "./migration-0024.ts";
import { growRooms } from "./migration-0025.ts";
import { createSyncLog } from "./migration-0026.ts";
import { tellOfRooms } from "./migration-0027.ts";
import { createEvents } from "./migration-0028.ts";
import { answerInRooms } from "./migration-0029.ts";
import { picturesInRooms } from "./migration-0030.ts";
import { indexOldRows } from "./migration-0031.ts";
import { nameMasterKey } from "./migration-0032.ts";
import { createMilestones } from "./migration-0033.ts";
import { countFromImports } from "./migration-0034.ts";
import { addColumns, addIndex, bigNumbers, numbers, texts } from "./table-parts.ts";
import type { Tables } from "../sql/schema.ts";
import type { TurnIndex } from "../search/turn-index.ts";

/** The one migration set, oldest first; names sort in the order they run and are never changed once released. */
export function createMigrations(turnIndex: TurnIndex): Readonly<Record<string, Migration>> {
  return {
    "0001_accounts_chats_turns_tokens": {
      async up(db: Kysely<Tables>) {
        await createAccounts(db);
        await createChats(db);
        await createTokens(db);
      },
    },
    "0002_web_sessions": { up: createWebSessions },
    "0003_auth_service": { up: createAuthTables },
    // The grace that no operator chose becomes today's (ADR 29).
    "0004_refresh_grace": { up: lengthenGrace },
    "0005_credentials_version": {
      up: (db: Kysely<Tables>) =>
        addColumns(db, "accounts", ["credentials_version"], "integer not null default 0"),
    },
    "0006_one_time_tokens": { up: createOneTimeTokens },
    "0007_reasoning": {
      async up(db: Kysely<Tables>) {
        await sql`alter table turns add column reasoning text not null default ''`.execute(db);
      },
    },
    "0008_model_choices": {
      async up(db: Kysely<Tables>) {
        await db.schema
          .createTable("model_choices")
          .addColumn("user_id", "text", (c) => c.notNull())
          .addColumn("chat_id", "text", (c) => c.notNull())
          .addColumn("model", "text", (c) => c.notNull())
          .addPrimaryKeyConstraint("model_choices_pk", ["user_id", "chat_id"])
          .execute();
      },
    },
    "0009_chat_trees": { up: createChatTrees },
    "0010_model_connection": { up: createModelConnection },
    "0011_purge": {
      async up(db: Kysely<Tables>) {
        // Hold only what was deleted and is not wiped yet, so that looking for it costs nothing.
        await sql`create index chats_deleted on chats (deleted_at_ms) where deleted_at_ms > 0`.execute(db);
        await sql`create index turns_deleted on turns (deleted_at_ms) where deleted_at_ms > 0`.execute(db);
      },
    },
    "0012_browser_sessions": { up: nameBrowserSessions },
    "0013_turn_files": {
      async up(db: Kysely<Tables>) {
        await addColumns(db, "turns", ["files"], "text");
        await db.schema
          .createTable("turn_files")
          .addColumn("turn_id", "text", (c) =>
            c.primaryKey().notNull().references("turns.id").onDelete("cascade"),
          )
          .$call(texts("texts"))
          .execute();
      },
    },
    "0014_api_keys": { up: createApiKeys },
    // Of its first shape nothing is kept: it is made from the turns, in the background.
    "0015_turn_search": { up: (db: Kysely<Tables>) => turnIndex.create(db) },
    "0016_memory_files": { up: countChangesOfFiles },
    "0017_temporary_chats": { up: markTemporaryChats },
    "0018_chat_summaries": { up: createSummaries },
    "0019_memories": { up: createMemories },
    "0020_turn_vectors": { up: (db: Kysely<Tables>) => createVectors(db, turnIndex) },
    "0021_token_use": { up: createTokenUse },
    "0022_projects": { up: createProjects },
    "0023_rooms": { up: createRooms },
    "0024_unread_chats": { up: markUnreadChats },
    "0025_room_members_and_changes": { up: growRooms },
    "0026_sync_log": { up: createSyncLog },
    "0027_rooms_in_the_sync_log": { up: tellOfRooms },
    "0028_events": { up: createEvents },
    "0029_answers_in_rooms": { up: answerInRooms },
    "0030_pictures_in_rooms": { up: picturesInRooms },
    "0031_retention": { up: indexOldRows },
    "0032_master_key": { up: nameMasterKey },
    "0033_milestones": { up: createMilestones },
    "0034_imported": { up: countFromImports },
  };
}

async function lengthenGrace(db: Kysely<Tables>): Promise<void> {
  await sql`update oauth_clients set refresh_grace_ms = 900000 where refresh_grace_ms = 10000`.execute(db);
}

/** Who watches a migration. */
export interface MigrationWatch {
  readonly logger: Logger;
  /** Called before an older database is changed, with the first migration that it has not; it may refuse by throwing. */
  readonly before?: (first: string) => Promise<void>;
}

/**
 * Brings the database to this program's schema; all of it or nothing. Resolves to the migrations that were missing.
 * Throws CONFIG_INVALID for a database of a newer program, and STORAGE_* as the dialect maps its errors.
 */
export async function migrate(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
  place: string,
  watch?: MigrationWatch,
): Promise<readonly string[]> {
  const executed = await executedMigrations(db);
  const unknown = executed.find((name) => !Object.hasOwn(migrations, name));
  if (unknown !== undefined) throw newerDatabase(place, unknown);
  const missing = Object.keys(migrations).filter((name) => !executed.includes(name));
  const [first] = missing;
  if (first === undefined) return [];
  // Of a new database nothing can be lost, and nobody waits for it.
  const watched = executed.length > 0 ? watch : undefined;
  await watched?.before?.(first);
  // Loaded only by the few starts that need it.
  const { Migrator } = await import("kysely/migration");
  const told = watched === undefined ? { ...migrations } : loggedMigrations(migrations, watched.logger);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => told } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  watched?.logger.info("store.migrated", { place, steps: missing.length });
  return missing;
}

/** Says when a step begins and how long it took: of a large database each may take minutes. Nothing counts before all are done. */
function loggedMigrations(
  migrations: Readonly<Record<string, Migration>>,
  logger: Logger,
): Record<string, Migration> {
  const logged = ([step, migration]: [string, Migration]): [string, Migration] => {
    const up: Migration["up"] = async (db) => {
      logger.info("store.migrating", { step });
      const fromMs = performance.now();
      await migration.up(db);
      logger.info("store.migration_step", { step, durationMs: Math.round(performance.now() - fromMs) });
    };
    return [step, { ...migration, up }];
  };
  return Object.fromEntries(Object.entries(migrations).map(logged));
}

/** For a database that this program is too old for. */
export function newerDatabase(place: string, schema: string): PipitError {
  return new PipitError(
    "CONFIG_INVALID",
    `The database ${place} was written by a newer version of Pipit (schema ${schema}). ` +
      "Update Pipit, or start it with another --data folder or database. The database was not changed.",
  );
}

/** Names of the migrations that were run, also of a newer program's. */
export async function executedMigrations(db: Kysely<Tables>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === "kysely_migration")) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map((row) => row.name);
}

async function createAccounts(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("accounts")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .addColumn("login", "text", (c) => c.notNull().unique())
    .addColumn("display_name", "text", (c) => c.notNull())
    .$call(numbers("is_local", "is_active"))
    .addColumn("created_at_ms", "bigint", (c) => c.notNull())
    .execute();
  // One local account per server, also when two processes start at the same moment.
  await sql`create unique index accounts_one_local on accounts (is_local) where is_local = 1`.execute(db);
}

/*
 * user_id refers to no table on purpose: tokens are verified without the accounts table, and tables that partition
 * by user must not depend on one that does not.
 */
async function createChats(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("chats")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "title"))
    .$call(bigNumbers("created_at_ms", "updated_at_ms"))
    .execute();
  await addIndex(db, "chats", "user", ["user_id", "updated_at_ms", "id"]);
  await db.schema
    .createTable("turns")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .addColumn("chat_id", "text", (c) => c.notNull().references("chats.id").onDelete("cascade"))
    .addColumn("user_id", "text", (c) => c.notNull())
    .addColumn("client_message_id", "text")
    .addColumn("turn_index", "integer", (c) => c.notNull())
    .addColumn("user_text", "text", (c) => c.notNull())
    .addColumn("had_image", "integer", (c) => c.notNull())
    .$call(texts("assistant_text", "status"))
    .addColumn("model", "text")
    .$call(numbers("input_tokens", "output_tokens"))
    .addColumn("owner_id", "text", (c) => c.notNull())
    .$call(bigNumbers("lease_until_ms", "created_at_ms"))
    .addColumn("finished_at_ms", "bigint")
    // Null is never equal to null: clients that send no id are not held to one message.
    .addUniqueConstraint("turns_once", ["user_id", "client_message_id"])
    .execute();
  await addIndex(db, "turns", "chat", ["chat_id", "turn_index"], "unique");
  // Holds only what runs now, so that renewing leases costs nothing however many turns there are.
  await sql`create index turns_running on turns (owner_id) where status = 'running'`.execute(db);
  await db.schema
    .createTable("usage_reports")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "hardware_id", "session_id", "source", "model"))
    .$call(numbers("input_tokens", "output_tokens"))
    .addColumn("created_at_ms", "bigint", (c) => c.notNull())
    .execute();
  await addIndex(db, "usage_reports", "user", ["user_id", "created_at_ms"]);
}

async function createTokens(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("signing_keys")
    .addColumn("kid", "text", (c) => c.primaryKey().notNull())
    .$call(texts("algorithm", "public_jwk", "sealed_private_key", "state"))
    .addColumn("created_at_ms", "bigint", (c) => c.notNull())
    .execute();
  // The guard of SigningKeyStore.insertFirst.
  await sql`create unique index signing_keys_one_signing on signing_keys (algorithm) where state = 'signing'`.execute(
    db,
  );
  await db.schema
    .createTable("refresh_families")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "client_id", "scope"))
    .$call(bigNumbers("created_at_ms", "expires_at_ms"))
    .addColumn("revoked_at_ms", "bigint")
    .execute();
  await addIndex(db, "refresh_families", "user", ["user_id"]);
  await db.schema
    .createTable("refresh_tokens")
    .addColumn("hash", "text", (c) => c.primaryKey().notNull())
    .addColumn("family_id", "text", (c) => c.notNull().references("refresh_families.id").onDelete("cascade"))
    .addColumn("generation", "integer", (c) => c.notNull())
    .addColumn("expires_at_ms", "bigint", (c) => c.notNull())
    .addColumn("consumed_at_ms", "bigint")
    // A fork of a family is impossible, not only unlikely.
    .addUniqueConstraint("refresh_tokens_one_per_generation", ["family_id", "generation"])
    .execute();
}

async function createWebSessions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("web_sessions")
    .addColumn("hash", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "client_id", "scope"))
    .$call(bigNumbers("created_at_ms", "last_seen_at_ms", "expires_at_ms"))
    .execute();
  await addIndex(db, "web_sessions", "user", ["user_id"]);
  await addIndex(db, "web_sessions", "end", ["expires_at_ms"]);
  await db.schema
    .createTable("sign_in_codes")
    .addColumn("hash", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "scope"))
    .$call(bigNumbers("created_at_ms", "expires_at_ms"))
    .execute();
  await addIndex(db, "sign_in_codes", "user", ["user_id", "created_at_ms"]);
}

/** Replaces two tables of one shape; their rows lived for minutes and are not kept. */
async function createOneTimeTokens(db: Kysely<Tables>): Promise<void> {
  await db.schema.dropTable("sign_in_codes").execute();
  await db.schema.dropTable("ws_tokens").execute();
  await db.schema
    .createTable("one_time_tokens")
    .addColumn("hash", "text", (c) => c.primaryKey().notNull())
    .$call(texts("purpose", "user_id", "owner_id", "data"))
    .$call(bigNumbers("created_at_ms", "expires_at_ms"))
    .execute();
  await addIndex(db, "one_time_tokens", "owner", ["purpose", "owner_id", "created_at_ms"]);
  await addIndex(db, "one_time_tokens", "user", ["user_id"]);
  await addIndex(db, "one_time_tokens", "end", ["expires_at_ms"]);
}

/** Every chat and account there is has a file to be written. */
async function countChangesOfFiles(db: Kysely<Tables>): Promise<void> {
  for (const table of ["chats", "accounts"] as const) {
    await addColumns(db, table, ["changes"], "integer not null default 1");
    await addColumns(db, table, ["filed_changes"], "integer not null default 0");
  }
  // Hold only what is behind, so that asking costs nothing when nothing is.
  await sql`create index chats_to_file on chats (updated_at_ms, id)
    where changes <> filed_changes and deleted_at_ms is null`.execute(db);
  await sql`create index chats_to_unfile on chats (id)
    where changes <> filed_changes and deleted_at_ms is not null`.execute(db);
  await sql`create index accounts_to_file on accounts (id) where changes <> filed_changes`.execute(db);
}

async function createModelConnection(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("model_connection")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .addColumn("sealed", "text", (c) => c.notNull())
    .execute();
}

async function createApiKeys(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("api_keys")
    .addColumn("hash", "text", (c) => c.primaryKey().notNull())
    .$call(texts("id", "user_id", "name", "scope"))
    .$call(bigNumbers("created_at_ms", "expires_at_ms"))
    .addColumn("last_used_at_ms", "bigint")
    .execute();
  await addIndex(db, "api_keys", "user", ["user_id"]);
  await addIndex(db, "api_keys", "id", ["id"]);
}

async function markTemporaryChats(db: Kysely<Tables>): Promise<void> {
  await addColumns(db, "chats", ["temporary"], "integer not null default 0");
  await sql`create index chats_temporary on chats (updated_at_ms) where temporary = 1`.execute(db);
}

async function createSummaries(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("chat_summaries")
    .addColumn("turn_id", "text", (c) => c.primaryKey().notNull().references("turns.id").onDelete("cascade"))
    .$call(texts("chat_id", "text"))
    .$call(bigNumbers("created_at_ms"))
    .execute();
  await addIndex(db, "chat_summaries", "chat", ["chat_id"]);
}
