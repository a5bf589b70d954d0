import { sql, type Kysely } from "kysely";
import {
  addColumns,
  addIndex,
  bigNumbers,
  numbers,
  optionalBigNumbers,
  optionalTexts,
  texts,
} from "./table-parts.ts";
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
  await sql`alter table accounts add column login_key text not null default ''`.execute(db);
  await sql`alter table accounts add column role text not null default 'user'`.execute(db);
  await sql`alter table accounts add column updated_at_ms bigint not null default 0`.execute(db);
  const textual = ["about", "email", "email_key", "password_hash", "totp_sealed", "totp_pending_sealed"];
  await addColumns(db, "accounts", textual, "text");
  await addColumns(
    db,
    "accounts",
    ["password_changed_at_ms", "totp_last_step", "last_login_at_ms"],
    "bigint",
  );
  // Until now there was the local account only, and its login is in lower case.
  await sql`update accounts set login_key = lower(login), updated_at_ms = created_at_ms`.execute(db);
  await addIndex(db, "accounts", "login_key", ["login_key"], "unique");
  await addIndex(db, "accounts", "email", ["email_key"], "unique");
  await db.schema
    .createTable("recovery_codes")
    .addColumn("user_id", "text", (c) => c.notNull().references("accounts.id").onDelete("cascade"))
    .addColumn("code_hash", "text", (c) => c.notNull())
    .addColumn("used_at_ms", "bigint")
    .addPrimaryKeyConstraint("recovery_codes_pk", ["user_id", "code_hash"])
    .execute();
}

async function extendSessions(db: Kysely<Tables>): Promise<void> {
  await addColumns(db, "refresh_families", ["revoked_reason", "origin_hash", "ip", "user_agent"], "text");
  await addColumns(db, "refresh_families", ["pending_otp", "otp_tries"], "integer not null default 0");
  await addColumns(db, "refresh_families", ["auth_time_ms", "last_used_at_ms"], "bigint not null default 0");
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
  await addColumns(db, "signing_keys", ["signing_since_ms", "retired_at_ms"], "bigint");
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
    .$call(bigNumbers("created_at_ms", "updated_at_ms"))
    .execute();
}

async function createOidcPayloads(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("oidc_payloads")
    .$call(texts("model", "id_hash", "sealed_payload"))
    .$call(optionalTexts("grant_hash", "uid_hash", "user_code_hash"))
    .$call(optionalBigNumbers("consumed_at_ms", "expires_at_ms"))
    .addPrimaryKeyConstraint("oidc_payloads_pk", ["model", "id_hash"])
    .execute();
  for (const column of ["grant_hash", "uid_hash", "user_code_hash"] as const) {
    await sql`create index ${sql.ref(`oidc_payloads_by_${column}`)} on oidc_payloads (${sql.ref(column)})
      where ${sql.ref(column)} is not null`.execute(db);
  }
  await addIndex(db, "oidc_payloads", "end", ["expires_at_ms"]);
}

async function createWsTokens(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("ws_tokens")
    .addColumn("hash", "text", (c) => c.primaryKey().notNull())
    .$call(texts("user_id", "client_id", "session_id", "token_id", "scope"))
    .$call(bigNumbers("created_at_ms", "expires_at_ms"))
    .execute();
  await addIndex(db, "ws_tokens", "session", ["session_id"]);
  await addIndex(db, "ws_tokens", "end", ["expires_at_ms"]);
}

async function createCounters(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("attempt_counters")
    .addColumn("key_hash", "text", (c) => c.primaryKey().notNull())
    .$call(numbers("charged", "pending", "level"))
    .addColumn("resets_at_ms", "bigint", (c) => c.notNull())
    .execute();
  await addIndex(db, "attempt_counters", "end", ["resets_at_ms"]);
}

async function createAudit(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("audit_chains")
    .addColumn("id", "integer", (c) => c.primaryKey().notNull())
    .$call(bigNumbers("seq", "base_seq"))
    .$call(texts("head_hash", "base_hash", "mac"))
    .execute();
  const unused = { seq: 0, head_hash: "", base_seq: 0, base_hash: "", mac: "" };
  await db
    .insertInto("audit_chains")
    .values(Array.from({ length: AUDIT_CHAINS }, (_, id) => ({ id, ...unused })))
    .execute();
  await db.schema
    .createTable("audit_events")
    .addColumn("id", "text", (c) => c.primaryKey().notNull())
    .addColumn("chain", "integer", (c) => c.notNull())
    .$call(bigNumbers("seq", "at_ms"))
    .$call(texts("event", "outcome", "data", "hash"))
    .$call(optionalTexts("reason", "user_id", "client_id", "ip", "user_agent", "family_id", "correlation_id"))
    .addUniqueConstraint("audit_events_once", ["chain", "seq"])
    .execute();
  await addIndex(db, "audit_events", "time", ["at_ms", "id"]);
  await addIndex(db, "audit_events", "user", ["user_id", "at_ms"]);
}
