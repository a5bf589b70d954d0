import Database from "better-sqlite3";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { sqliteFile, type AuthData, type AuthPlace } from "./auth-data.ts";

/** Rows of one transaction of SQLite: its journal holds all of them twice. */
const rowsPerTransaction = 100_000;
const monthMs = 30 * 24 * 60 * 60 * 1000;
/** Odd, so that the numbers 1, 2, 3, ... become different ones, scattered as the ids of real accounts are. */
const scatter = 2_654_435_761;

/** Number of added accounts that the caller is told of, spread over all. */
const namedAccounts = 2_000;

/**
 * Adds so many accounts, each with a session and an unknown refresh token, as fast as the database takes them.
 * Resolves to logins of some of them; the password is that of the others.
 */
export async function fillAuthData(
  place: AuthPlace,
  data: AuthData,
  rows: number,
): Promise<readonly string[]> {
  const nowMs = Date.now();
  const values = { rows, nowMs, endMs: nowMs + monthMs, appId: data.appId, hash: data.passwordHash };
  if (place.databaseUrl === undefined) fillSqlite(sqliteFile(place), values);
  else await fillPostgres(place.databaseUrl, values);
  return Array.from(
    { length: Math.min(rows, namedAccounts) },
    (_, i) => `filler-${1 + ((i * scatter) % rows)}`,
  );
}

interface Values {
  readonly rows: number;
  readonly nowMs: number;
  readonly endMs: number;
  readonly appId: string;
  readonly hash: string;
}

const accountColumns =
  "id, login, login_key, display_name, email, email_key, role, is_local, is_active, password_hash, " +
  "password_changed_at_ms, created_at_ms, updated_at_ms";
const familyColumns =
  "id, user_id, client_id, scope, created_at_ms, expires_at_ms, auth_time_ms, amr, last_used_at_ms, ip, user_agent";
const tokenColumns = "hash, family_id, generation, expires_at_ms";

function fillSqlite(file: string, { rows, nowMs, endMs, appId, hash }: Values): void {
  const database = new Database(file);
  try {
    for (const setting of ["synchronous = off", "cache_size = -400000", "foreign_keys = off"]) {
      database.pragma(setting);
    }
    // The driver gives every number as a floating one.
    const numbers =
      "with recursive n(i) as (select cast(@first as integer) union all select i + 1 from n where i < @last)";
    const id = (kind: string): string =>
      `printf('%08x-0000-4000-8000-${kind}%010x', (i * ${scatter}) % 4294967296, i)`;
    const statements = [
      `insert into accounts (${accountColumns}) ${numbers} select ${id("aa")}, 'filler-' || i, 'filler-' || i,
        'Filler ' || i, 'filler-' || i || '@example.com', 'filler-' || i || '@example.com', 'user', 0, 1, @hash,
        @nowMs, @nowMs, @nowMs from n`,
      `insert into refresh_families (${familyColumns}) ${numbers} select ${id("bb")}, ${id("aa")}, @appId,
        'api:read api:write', @nowMs, @endMs + i, @nowMs, 'pwd', @nowMs, '10.0.0.1', 'filler' from n`,
      // As long as a SHA-256 in base64url.
      `insert into refresh_tokens (${tokenColumns}) ${numbers} select substr(hex(randomblob(22)), 1, 43), ${id("bb")}, 0,
        @endMs from n`,
    ].map((text) => database.prepare(text));
    for (let first = 1; first <= rows; first += rowsPerTransaction) {
      const last = Math.min(rows, first + rowsPerTransaction - 1);
      // Each statement takes the ones that it names.
      database.transaction(() => {
        for (const statement of statements) statement.run({ first, last, nowMs, endMs, appId, hash });
      })();
    }
    database.pragma("wal_checkpoint(truncate)");
  } finally {
    database.close();
  }
}

async function fillPostgres(url: string, { rows, nowMs, endMs, appId, hash }: Values): Promise<void> {
  const numbers = "generate_series(1, $1::bigint) as i";
  const id = (kind: string): string =>
    `lpad(to_hex((i * ${scatter}) % 4294967296), 8, '0') || '-0000-4000-8000-${kind}' || lpad(to_hex(i), 10, '0')`;
  await queryPostgres(
    url,
    `insert into accounts (${accountColumns}) select ${id("aa")}, 'filler-' || i, 'filler-' || i, 'Filler ' || i,
      'filler-' || i || '@example.com', 'filler-' || i || '@example.com', 'user', 0, 1, $2::text, $3::bigint, $3, $3
      from ${numbers}`,
    [rows, hash, nowMs],
  );
  await queryPostgres(
    url,
    `insert into refresh_families (${familyColumns}) select ${id("bb")}, ${id("aa")}, $2::text, 'api:read api:write',
      $3::bigint, $4::bigint + i, $3, 'pwd', $3, '10.0.0.1', 'filler' from ${numbers}`,
    [rows, appId, nowMs, endMs],
  );
  await queryPostgres(
    url,
    `insert into refresh_tokens (${tokenColumns})
      select substr(md5(random()::text) || md5(i::text), 1, 43), ${id("bb")}, 0, $2::bigint from ${numbers}`,
    [rows, endMs],
  );
  // What a server that lives longer does by itself.
  await queryPostgres(url, "vacuum analyze accounts, refresh_families, refresh_tokens");
}
