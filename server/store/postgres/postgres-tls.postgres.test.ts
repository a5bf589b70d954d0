import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificate } from "#tools/test/certificate.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { openPostgres } from "./open-postgres.ts";
import { toPostgresStartError } from "../errors/postgres-errors.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { sql } from "kysely";

/*
 * A PostgreSQL whose certificate is for "localhost" alone, and is its own authority. What libpq's modes promise is in
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION.
 */
let folder: string;
let server: PostgresServer;

beforeAll(async () => {
  const signal = AbortSignal.timeout(60_000);
  folder = await mkdtemp(join(tmpdir(), "pipit-tls-"));
  const files = await makeCertificate(folder, ["localhost"], signal);
  server = await startPostgres(signal, { tls: files });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** "encrypted", "plain", or the code of what went wrong. */
async function connect(host: string, query: string): Promise<string> {
  const databaseUrl = `postgres://pipit@${host}:${server.port}/postgres?${query.replace("CA", join(folder, "server.crt"))}`;
  const { db, place } = openPostgres({ databaseUrl, logger: createRecordingLogger() });
  try {
    const { rows } = await sql<{ ssl: boolean }>`
      select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db);
    return rows[0]?.ssl === true ? "encrypted" : "plain";
  } catch (reason) {
    return toPostgresStartError(reason, place).code;
  } finally {
    await db.destroy();
  }
}

test.each([
  ["127.0.0.1", "sslmode=disable", "plain"],
  ["127.0.0.1", "sslmode=require", "encrypted"],
  ["localhost", "sslmode=verify-full", "CONFIG_INVALID"],
  ["localhost", "sslmode=verify-full&sslrootcert=CA", "encrypted"],
  ["127.0.0.1", "sslmode=verify-full&sslrootcert=CA", "CONFIG_INVALID"],
  ["127.0.0.1", "sslmode=verify-ca&sslrootcert=CA", "encrypted"],
  ["127.0.0.1", "sslmode=require&sslrootcert=CA", "encrypted"],
])("to %s, %s is %s", async (host, query, outcome) => {
  expect(await connect(host, query)).toBe(outcome);
});
