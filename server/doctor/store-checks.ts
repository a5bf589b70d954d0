import { sql } from "kysely";
import type { Logger } from "#contract/logger.ts";
import { auditKeyOf } from "#server/domain/audit/audit-key.ts";
import { openKeyRing, type KeyRing } from "#server/domain/master-key/key-ring.ts";
import { missingMasterKey, readMasterKeys } from "#server/domain/master-key/master-key.ts";
import { countUnreadable } from "#server/domain/master-key/rotate-master-key.ts";
import { CLOCK_CURE, ServerClock } from "#server/domain/server-clock.ts";
import { missingDatabase, olderDatabase, openConfiguredDatabase } from "../compose/admin-context.ts";
import { createAuditReader } from "../store/audit/audit-reader.ts";
import { newerDatabase } from "../store/migrations/migrations.ts";
import type { DatabaseHandle } from "../store/open-database.ts";
import { databaseNowMs, databaseTime } from "../store/sql/database-time.ts";
import { createMasterKeyStore, sealedPlaces } from "../store/sql/master-key-store.ts";
import { checkPart, fail, ok, warn, type Check, type DoctorContext, type Finding } from "./check.ts";

/** Checking a hash takes some microseconds, so this is millions of events. */
const AUDIT_LIMIT_MS = 60_000;

/** What the parts of the database that were right give to the checks that need them. */
export interface LookedAtStore extends AsyncDisposable {
  readonly checks: readonly Check[];
  /** Undefined: it cannot be used, or is not there yet. */
  readonly database: DatabaseHandle | undefined;
  /** Undefined: none opens the database, or it is not there yet. */
  readonly ring: KeyRing | undefined;
}

/** Database, schema, clock, master key and audit, in the order in which each needs the one before. Writes nothing. */
export async function lookAtStore(context: DoctorContext, logger: Logger): Promise<LookedAtStore> {
  const { messages } = context;
  await using opening = new AsyncDisposableStack();
  let database: DatabaseHandle | undefined;
  let schema: Awaited<ReturnType<DatabaseHandle["migrationState"]>> | undefined;
  let isCurrent = false;
  let ring: KeyRing | undefined;
  const checks = [
    await checkPart(context, "database", async () => {
      const missing = await missingDatabase(context.config);
      if (missing !== undefined) return warn(messages.noDatabase(missing), messages.noDatabaseCure);
      const opened = opening.use(await openConfiguredDatabase(context.config, logger));
      // Its errors are those of a start, which name the place.
      schema = await opened.migrationState();
      const version =
        opened.dialect === "sqlite"
          ? sql<string>`sqlite_version()`
          : sql<string>`current_setting('server_version')`;
      const { rows } = await sql<{ readonly version: string }>`select ${version} as version`.execute(
        opened.db,
      );
      database = opened;
      return ok(
        `${opened.dialect === "sqlite" ? "SQLite" : "PostgreSQL"} ${rows[0]?.version ?? ""}, ${opened.place}`,
      );
    }),
    await checkPart(context, "schema", async () => {
      if (database === undefined || schema === undefined) return warn(messages.unknownWithoutDatabase);
      const { done, pending, newer } = schema;
      const [unknown] = newer;
      if (unknown !== undefined) throw newerDatabase(database.place, unknown);
      if (done.length > 0 && pending.length > 0) throw olderDatabase(database.place);
      isCurrent = done.length > 0;
      return isCurrent ? ok(done.at(-1) ?? "") : warn(messages.emptySchema);
    }),
    await checkPart(context, "clock", () => lookAtClock(context, database, logger)),
    await checkPart(context, "master-key", async () => {
      if (database === undefined || !isCurrent) return warn(unknownYet(context, database));
      const opened = await openRing(context, database);
      if (opened === undefined) return warn(messages.keyNone);
      ring = opened;
      const unreadable = await countUnreadable(opened, sealedPlaces(database.db));
      if (unreadable > 0) return fail(messages.keyMixed(unreadable), messages.keyMixedCure);
      const { id } = opened.record;
      return opened.state === "right"
        ? ok(messages.keyRight(id))
        : warn(messages.keyRotating(id), messages.keyRotatingCure);
    }),
    await checkPart(context, "audit", (signal) => lookAtAudit(context, database, ring, signal), {
      limitMs: AUDIT_LIMIT_MS,
      late: () => warn(messages.auditLate(AUDIT_LIMIT_MS / 1000)),
    }),
  ];
  const opened = opening.move();
  return {
    checks,
    database: isCurrent ? database : undefined,
    ring,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function unknownYet({ messages }: DoctorContext, database: DatabaseHandle | undefined): string {
  return database === undefined ? messages.unknownWithoutDatabase : messages.unknownWithoutSchema;
}

async function lookAtClock(
  { messages, clock }: DoctorContext,
  database: DatabaseHandle | undefined,
  logger: Logger,
): Promise<Finding> {
  if (database === undefined) return warn(messages.unknownWithoutDatabase);
  const { dialect, db } = database;
  if (dialect === "sqlite") return ok(messages.ownClock);
  await using time = new ServerClock({ machine: clock, logger });
  await time.follow(() => databaseNowMs(db, databaseTime(dialect, clock)));
  if (time.state === "right") return ok(messages.clockRight);
  const apart = messages.clockAhead(Math.round(time.aheadSeconds ?? 0));
  return time.state === "wrong" ? fail(apart, CLOCK_CURE) : warn(apart, CLOCK_CURE);
}

/** Undefined where there is no key, and nothing that one would have sealed. */
async function openRing(
  { config }: DoctorContext,
  { db, dialect }: DatabaseHandle,
): Promise<KeyRing | undefined> {
  const { masterKey: configured, masterKeyPrevious: previous } = config.auth;
  const source = { dataDir: config.dataDir, configured, previous };
  const store = createMasterKeyStore(db);
  const keys = await readMasterKeys(source);
  // A database that has not noted its key yet is left so.
  if (keys !== undefined) return openKeyRing(keys, { ...store, insert: async () => undefined });
  const record = await store.read();
  if (record === undefined && dialect === "sqlite") return undefined;
  throw missingMasterKey(source, record?.id);
}

async function lookAtAudit(
  { messages, clock }: DoctorContext,
  database: DatabaseHandle | undefined,
  ring: KeyRing | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  if (database === undefined) return warn(messages.unknownWithoutDatabase);
  if (ring === undefined) return warn(messages.unknownWithoutKey);
  const { db, dialect } = database;
  const { events, problems } = await createAuditReader(db, { key: auditKeyOf(ring), clock, dialect }).verify({
    signal,
  });
  const [problem] = problems;
  if (problem === undefined) return ok(messages.auditWhole(events));
  return fail(messages.auditDamaged(problem.chain, problem.damage), messages.auditCure);
}
