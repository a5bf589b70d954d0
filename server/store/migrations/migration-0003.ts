import { sql, type CreateTableBuilder, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";

/** Chains of audit events; as many writers as this never wait for each other on PostgreSQL. */
export const AUDIT_CHAINS = 16;

/** Accounts with passwords, a second factor, OAuth clients, sessions, limits and the audit. */
export async function createAuthTables(db: Kysely<Tables>): Promise<void> {
  await extendAccounts(db);
  await extendSessions(db);
  await extendSigningKeys(db);
  await createClients(db);
  await createOidcPayloads(db);
  await createWsTokens(db);
  await createCounters(db);
  await createAudit(db);
}

async function extendAccounts(db: Kysely<Tables>): Promise<void> {
  // One column a statement: SQLite takes no more.
  const add = (column: string, type: "text" | "bigint") =>
    sql`alter table accounts add column ${sql.ref(column)} ${sql.raw(type)}`.execute(db);
  await sql`alter table accounts add column login_key text not null default ''`.execute(db);
  await sql`alter table accounts add column role text not null default 'user'`.execute(db);
  await sql`alter table accounts add column updated_at_ms bigint not null default 0`.execute(db);
  for (const column of [
    "about",
    "email",
    "email_key",
    "password_hash",
    "totp_sealed",
    "totp_pending_sealed",
  ]) {
    await add(column, "text");
  }
  for (const column of ["password_changed_at_ms", "totp_last_step", "last_login_at_ms"]) {
    await add(column, "bigint");
  }
  // Until now there was the local account only, and its login is in lower case.
  await sql`update accounts set login_key = lower(login), updated_at_ms = created_at_ms`.execute(db);
  await db.schema.createIndex("accounts_by_login_key").unique().on("accounts").column("login_key").execute();
  await db.schema.createIndex("accounts_by_email").unique().on("accounts").column("email_key").execute();
  await db.schema
    .createTable("recovery_codes")
    .addColumn("user_id", "text", (c) => c.notNull().references("accounts.id").onDelete("cascade"))
    .addColumn("code_hash", "text", (c) => c.notNull())
    .addColumn("used_at_ms", "bigint")
    .addPrimaryKeyConstraint("recovery_codes_pk", ["user_id", "code_hash"])
    .execute();
}

async function extendSessions(db: Kysely<Tables>): Promise<void> {
  for (const column of ["revoked_reason", "origin_hash", "ip", "user_agent"]) {
    await sql`alter table refresh_families add column ${sql.ref(column)} text`.execute(db);
  }
  for (const column of ["pending_otp", "otp_tries"]) {
    await sql`alter table refresh_families add column ${sql.ref(column)} integer not null default 0`.execute(
      db,
    );
  }
  for (const column of ["auth_time_ms", "last_used_at_ms"]) {
    await sql`alter table refresh_families add column ${sql.ref(column)} bigint not null default 0`.execute(
      db,
    );
  }
  await sql`alter table refresh_families add column amr text not null default ''`.execute(db);
  await sql`update refresh_families set auth_time_ms = created_at_ms, last_used_at_ms = created_at_ms`.execute(
    db,
  );
  await sql`create index refresh_families_by_origin on refresh_families (origin_hash) where origin_hash is not null`.execute(
    db,
  );
  await sql`create index refresh_families_by_end on refresh_families (expires_at_ms)`.execute(db);
  await sql`alter table web_sessions add column family_id text`.execute(db);
  await sql`create index web_sessions_by_family on web_sessions (family_id) where family_id is not null`.execute(
    db,
  );
  await db.schema
    .createTable("revoked_access_tokens")
    .addColumn("jti", "text", (c) => c.primaryKey().notNull())
    .addColumn("expires_at_ms", "bigint", (c) => c.notNull())
    .execute();
}

async function extendSigningKeys(db: Kysely<Tables>): Promise<void> {
  for (const column of ["signing_since_ms", "retired_at_ms"]) {
    await sql`alter table signing_keys add column ${sql.ref(column)} bigint`.execute(db);
  }
  // Until now no key was ever replaced.
  await sql`update signing_keys set signing_since_ms = created_at_ms`.execute(db);
  // The guard of SigningKeyStore.insertNext.
  await sql`create unique index signing_keys_one_next on signing_keys (algorithm) where state = 'next'`.execute(
    db,
  );
}

async function createClients(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("oauth_clients")
    .addColumn("client_id", "text", (c) => c.primaryKey().notNull())
    .addColumn("name", "text", (c) => c.notNull())
    .addColumn("secret_hash", "text")
    .$call(numbers("is_confidential", "is_first_party", "allow_password_grant", "is_active"))
    .$call(
      texts(
        "application_type",
        "redirect_uris",
        "post_logout_redirect_uris",
        "grant_types",
        "scope",
        "token_algorithm",
      ),
    )
    .$call(
      numbers("access_ttl_seconds", "refresh_ttl_seconds", "refresh_absolute_seconds", "refresh_grace_ms"),
    )
    .addColumn("created_at_ms", "bigint", (c) => c.notNull())
    .addColumn("updated_at_ms", "bigint", (c) => c.notNull())
    .execute();
}

async function createOidcPayloads(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("oidc_payloads")
    .$call(texts("model", "id_hash", "sealed_payload"))
    .addColumn("grant_hash", "text")
    .addColumn("uid_hash", "text")
    .addColumn("user_code_hash", "text")
    .addColumn("consumed_at_ms", "bigint")
    .addColumn("expires_at_ms", "bigint")
    .addPrimaryKeyConstraint("oidc_payloads_pk", ["model", "id_hash"])
    .execute();
  for (const column of ["grant_hash", "uid_hash", "user_code_hash"] as const) {
    await sql`create index ${sql.ref(`oidc_payloads_by_${column}`)} on oidc_payloads (${sql.ref(column)})
      where ${sql.ref(column)} is not null`.execute(db);
  }
  await db.schema.createIndex("oidc_payloads_by_end").on("oidc_payloads").column("expires_at_ms").execute();
}

async function createWsTokens(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("ws_tokens")
    .addColumn("hash", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "client_id", "session_id", "token_id", "scope"))
    .addColumn("created_at_ms", "bigint", (c) => c.notNull())
    .addColumn("expires_at_ms", "bigint", (c) => c.notNull())
    .execute();
  await db.schema.createIndex("ws_tokens_by_session").on("ws_tokens").column("session_id").execute();
  await db.schema.createIndex("ws_tokens_by_end").on("ws_tokens").column("expires_at_ms").execute();
}

async function createCounters(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("attempt_counters")
    .addColumn("key_hash", "text", (c) => c.primaryKey().notNull())
    .$call(numbers("charged", "pending", "level"))
    .addColumn("resets_at_ms", "bigint", (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex("attempt_counters_by_end")
    .on("attempt_counters")
    .column("resets_at_ms")
    .execute();
}

async function createAudit(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("audit_chains")
    .addColumn("id", "integer", (c) => c.primaryKey().notNull())
    .addColumn("seq", "bigint", (c) => c.notNull())
    .addColumn("base_seq", "bigint", (c) => c.notNull())
    .$call(texts("head_hash", "base_hash", "mac"))
    .execute();
  await db
    .insertInto("audit_chains")
    .values(
      Array.from({ length: AUDIT_CHAINS }, (_, id) => ({
        id,
        seq: 0,
        head_hash: "",
        base_seq: 0,
        base_hash: "",
        mac: "",
      })),
    )
    .execute();
  await db.schema
    .createTable("audit_events")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .addColumn("chain", "integer", (c) => c.notNull())
    .addColumn("seq", "bigint", (c) => c.notNull())
    .addColumn("at_ms", "bigint", (c) => c.notNull())
    .$call(texts("event", "outcome", "data", "hash"))
    .addColumn("reason", "text")
    .addColumn("user_id", "text")
    .addColumn("client_id", "text")
    .addColumn("ip", "text")
    .addColumn("user_agent", "text")
    .addColumn("family_id", "text")
    .addColumn("correlation_id", "text")
    .addUniqueConstraint("audit_events_once", ["chain", "seq"])
    .execute();
  await db.schema.createIndex("audit_events_by_time").on("audit_events").columns(["at_ms", "id"]).execute();
  await db.schema
    .createIndex("audit_events_by_user")
    .on("audit_events")
    .columns(["user_id", "at_ms"])
    .execute();
}

function texts<const Name extends string>(...names: readonly Name[]) {
  return columns(names, "text");
}

function numbers<const Name extends string>(...names: readonly Name[]) {
  return columns(names, "integer");
}

/** Adds columns that are never null. */
function columns<Name extends string>(names: readonly Name[], type: "text" | "integer") {
  return <Table extends string, Known extends string>(
    table: CreateTableBuilder<Table, Known>,
  ): CreateTableBuilder<Table, Known | Name> =>
    names.reduce<CreateTableBuilder<Table, Known | Name>>(
      (made, name) => made.addColumn(name, type, (c) => c.notNull()),
      table,
    );
}
