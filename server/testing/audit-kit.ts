import { Kysely } from "kysely";
import { expect } from "vitest";
import { auditChainMac } from "#server/domain/audit/audit-hash.ts";
import type { AuditReader } from "#server/domain/audit/audit-reader.ts";
import type { AuditLog, AuditOrigin } from "#server/domain/audit/ports.ts";
import { createAuditReader } from "../store/audit/audit-reader.ts";
import { createAuditLog } from "../store/audit/audit-store.ts";
import { AUDIT_CHAINS } from "../store/migrations/migration-0003.ts";
import { openDatabaseFile } from "../store/sqlite/open-sqlite.ts";
import { openPostgres } from "../store/postgres/open-postgres.ts";
import type { Tables } from "../store/sql/schema.ts";
import { ServerSqliteDialect, SharedSqlite } from "../store/sqlite/sqlite-dialect.ts";
import type { DatabaseStore, Row, TestDatabase } from "./databases.ts";
import type { ManualClock } from "./temporary-store.ts";

export const origin: AuditOrigin = { ip: "192.0.2.1", userAgent: "test", correlationId: "c-1" };

/** One server's audit log. */
interface TestAuditLog extends AsyncDisposable {
  readonly db: Kysely<Tables>;
  readonly log: AuditLog;
  readonly reader: AuditReader;
  logOn(trx: Kysely<Tables>): AuditLog;
}

export interface TestAudit extends TestAuditLog {
  readonly temporary: DatabaseStore;
  readonly clock: ManualClock;
  /** All events as they lie there. */
  rows(): Promise<Row[]>;
  /** The log of another server on the same database (PostgreSQL only). */
  openSecond(): TestAuditLog;
  untilSomebodyWaitsForALock(): Promise<void>;
  /** What the first event does: signs the chains. */
  signUnused(): Promise<void>;
  /** Runs `work` while no other chain can be used. */
  withOnly(chain: number, work: () => Promise<void>): Promise<void>;
}

/** @example await using audit = await openAudit(database); */
export async function openAudit(database: TestDatabase, key = Buffer.alloc(32, 7)): Promise<TestAudit> {
  await using opening = new AsyncDisposableStack();
  const temporary = opening.use(await database.open());
  const own = opening.use(await openLog(temporary, key));
  const opened = opening.move();
  return {
    ...own,
    temporary,
    clock: temporary.clock,
    rows: () => temporary.query("select * from audit_events order by chain, seq"),
    openSecond: () => openSharedLog(temporary, key),
    untilSomebodyWaitsForALock: () =>
      expect
        .poll(() =>
          temporary.query(
            "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          ),
        )
        .toHaveLength(1),
    async signUnused() {
      for (let id = 0; id < AUDIT_CHAINS; id++) {
        const mac = auditChainMac(key, { id, seq: 0, headHash: "", baseSeq: 0, baseHash: "" });
        await temporary.query("update audit_chains set mac = $1 where id = $2", mac, id);
      }
    },
    async withOnly(chain, work) {
      await temporary.query("update audit_chains set mac = mac || ' ' where id <> $1", chain);
      await work();
      await temporary.query("update audit_chains set mac = replace(mac, ' ', '') where id <> $1", chain);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function openLog(temporary: DatabaseStore, key: Buffer): Promise<TestAuditLog> {
  const { location } = temporary;
  if ("databaseUrl" in location) return openSharedLog(temporary, key);
  const { database } = await openDatabaseFile({ ...temporary, file: location.file });
  return logOf(
    new Kysely<Tables>({ dialect: new ServerSqliteDialect(new SharedSqlite(database), true) }),
    temporary,
    key,
  );
}

function openSharedLog(temporary: DatabaseStore, key: Buffer): TestAuditLog {
  const { location, logger } = temporary;
  if (!("databaseUrl" in location)) throw new Error("Two logs at once need PostgreSQL.");
  return logOf(openPostgres({ databaseUrl: location.databaseUrl, logger }).db, temporary, key);
}

function logOf(db: Kysely<Tables>, { store, clock }: DatabaseStore, key: Buffer): TestAuditLog {
  const options = { key, clock, dialect: store.dialect };
  const logOn = (trx: Kysely<Tables>): AuditLog => createAuditLog(trx, options);
  return {
    db,
    log: logOn(db),
    logOn,
    reader: createAuditReader(db, options),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}
