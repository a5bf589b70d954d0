import { randomUUID } from "node:crypto";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PipitError } from "#contract/pipit-error.ts";
import { systemCodeOf } from "#contract/system-error.ts";
import { peerKeyOf } from "../net/client-address.ts";
import { publisher } from "../bus/redis-bus.ts";
import type { ServerConfig } from "../config/config.ts";
import { createAccountServices } from "./account-services.ts";
import { createRefusalAudit } from "../domain/audit/refusal-audit.ts";
import type { Accounts } from "../domain/accounts/accounts.ts";
import { createPasswordHasher } from "../domain/accounts/password-hasher.ts";
import { auditKeyOf } from "../domain/audit/audit-key.ts";
import type { AuditReader } from "../domain/audit/audit-reader.ts";
import type { AuditLog, AuditOrigin } from "../domain/audit/ports.ts";
import type { AuthStore } from "../domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import { systemClock } from "../domain/clock.ts";
import { ServerClock } from "../domain/server-clock.ts";
import { createAttemptLimits } from "../domain/limits/attempt-limits.ts";
import type { AttemptCounterStore } from "../domain/limits/ports.ts";
import type { Logger } from "#contract/logger.ts";
import { createClients, type Clients } from "../domain/tokens/clients.ts";
import { openKeyRing, type KeyRing } from "#server/domain/master-key/key-ring.ts";
import { MASTER_KEY_FILE, openWithMasterKeys } from "#server/domain/master-key/master-key.ts";
import { createSessions, type Sessions } from "../domain/tokens/sessions.ts";
import { createTokenGuard } from "../domain/tokens/token-guard.ts";
import type { MessageBus } from "../domain/message-bus.ts";
import { createLogger } from "../observe/logger.ts";
import { createAuditReader } from "../store/audit/audit-reader.ts";
import { createAuditLog } from "../store/audit/audit-store.ts";
import { SyncLog } from "../store/sync/sync-log.ts";
import { createAuthStore } from "../store/auth-store.ts";
import { RoomTurns } from "../store/rooms/room-turns.ts";
import { DATABASE_FILE, openDatabase, type DatabaseHandle } from "../store/open-database.ts";
import { createMasterKeyStore } from "../store/sql/master-key-store.ts";
import { databaseNowMs, databaseTime } from "../store/sql/database-time.ts";
import type { RedisConnection } from "../store/redis/redis-connection.ts";
import { createRedisCounterStore } from "../store/redis/redis-counter-store.ts";
import { createSqlCounterStore } from "../store/sql/sql-counter-store.ts";

/** Who decided, in the data of every audit event of this program. */
export const ADMIN_ACTOR = "admin-cli";
/** A command has little to do at once. */
const MAX_CONNECTIONS = 2;
/** How long a command waits for Redis before it says that it does not answer. */
const REDIS_WAIT_MS = 3000;
const REDIS_POLL_MS = 20;

/** What a command works with: the database of a server that may be running, and the rules on top of it. */
export interface AdminContext extends AsyncDisposable {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly database: DatabaseHandle;
  readonly masterKey: KeyRing;
  /** Its audit events name this program as their origin. */
  readonly auth: AuthStore;
  readonly accounts: Accounts;
  readonly clients: Clients;
  readonly sessions: Sessions;
  readonly audit: AuditReader;
  /** The origin of every audit event of this run. */
  readonly origin: AuditOrigin;
}

/**
 * Opens the configured database beside a server that may be using it, and makes it when there is none. Running servers
 * are told of changes where they have a Redis, and otherwise believe what they know for a second at most.
 *
 * @throws PipitError CONFIG_INVALID for a database of another version or a missing master key, and as `openDatabase`
 */
export async function openAdminContext(config: ServerConfig, given?: Clock): Promise<AdminContext> {
  const logger = createLogger({ level: "warn" });
  await using building = new AsyncDisposableStack();
  const serverClock = building.use(new ServerClock({ machine: systemClock, logger }));
  const clock = given ?? serverClock;
  const database = building.use(await openConfiguredDatabase(config, logger));
  await requireCurrent(database);
  const masterKey = await requireMasterKey(config, database);
  const key = auditKeyOf(masterKey);
  const { db, dialect } = database;
  const auditOptions = { key, clock, dialect };
  const time = databaseTime(dialect, clock);
  if (dialect === "postgres" && given === undefined) await serverClock.follow(() => databaseNowMs(db, time));
  const auth = createAuthStore(db, {
    time,
    sync: new SyncLog(time),
    roomTurns: new RoomTurns(),
    auditLogFor: (connection) => signedByActor(createAuditLog(connection, auditOptions)),
    rotations: database.rotations(auditOptions, time),
  });
  const sqlCounters = createSqlCounterStore({ db, time: dialect === "postgres" ? "database" : "caller" });
  const redis = config.redisUrl === undefined ? undefined : lazyRedis(config.redisUrl, logger, building);
  const counters = redis === undefined ? sqlCounters : redisCounters(redis);
  const bus = createTellingBus(redis);
  const guard = createTokenGuard({ states: auth.tokenStates, clock, bus });
  const refusals = createRefusalAudit({ audit: auth.audit, clock });
  const sessions = createSessions({ auth, masterKey, clock, guard, refusals });
  const pepper = config.auth.passwordPepper;
  const { accounts } = createAccountServices({
    refusals,
    auth,
    masterKey,
    hasher: createPasswordHasher(pepper === undefined ? {} : { pepper: Buffer.from(pepper) }),
    limits: createAttemptLimits({ counters, clock }),
    guard,
    clock,
    networkOf: peerKeyOf,
  });
  const built = building.move();
  return {
    config,
    clock,
    database,
    masterKey,
    auth,
    accounts,
    clients: createClients({ auth, clock, bus, guard }),
    sessions,
    audit: createAuditReader(db, auditOptions),
    origin: { ip: undefined, userAgent: "pipit admin", correlationId: randomUUID() },
    async [Symbol.asyncDispose]() {
      await bus.told();
      await built.disposeAsync();
    },
  };
}

/** The configured database, without a migration, at any version of the schema. */
export function openConfiguredDatabase(config: ServerConfig, logger: Logger): Promise<DatabaseHandle> {
  const common = { clock: systemClock, logger };
  return config.databaseUrl === undefined
    ? openDatabase({ ...common, file: join(config.dataDir, DATABASE_FILE), keepDamaged: true })
    : openDatabase({ ...common, databaseUrl: config.databaseUrl, maxConnections: MAX_CONNECTIONS });
}

/** The SQLite file of this configuration, where it is not there: to open it would make it. */
export async function missingDatabase({
  databaseUrl,
  dataDir,
}: Pick<ServerConfig, "databaseUrl" | "dataDir">): Promise<string | undefined> {
  if (databaseUrl !== undefined) return undefined;
  const file = join(dataDir, DATABASE_FILE);
  return access(file).then(
    () => undefined,
    (reason: unknown) => (systemCodeOf(reason) === "ENOENT" ? file : undefined),
  );
}

/**
 * For what has nothing to do on a new database: one that is not there was looked for in the wrong place.
 *
 * @throws PipitError CONFIG_INVALID
 */
export async function requireDatabase(config: ServerConfig): Promise<void> {
  const missing = await missingDatabase(config);
  if (missing === undefined) return;
  throw new PipitError(
    "CONFIG_INVALID",
    `There is no database ${missing}. Name the data folder of the server with --data DIR, its home with PIPIT_HOME, or its ` +
      "PostgreSQL with PIPIT_DATABASE_URL; pipit-admin, where it is installed, knows them. A server makes its database at its first start.",
  );
}

/** Makes the schema of a new database; an older one is left alone, because an older server may be working with it. */
export async function requireCurrent(database: DatabaseHandle): Promise<void> {
  const { done, pending } = await database.migrationState();
  if (done.length > 0 && pending.length > 0) throw olderDatabase(database.place);
  await database.migrate();
}

/** For a database whose schema is not this program's yet. */
export function olderDatabase(place: string): PipitError {
  return new PipitError(
    "CONFIG_INVALID",
    `The database ${place} was written by an older version of Pipit. Stop its servers and run: pipit admin db migrate`,
  );
}

/** A key made up here would not be the servers' own, and what was written with it would look forged to them. */
async function requireMasterKey(config: ServerConfig, { dialect, db }: DatabaseHandle): Promise<KeyRing> {
  const { dataDir, auth } = config;
  const file = join(dataDir, MASTER_KEY_FILE);
  const exists = async (): Promise<boolean> =>
    access(file).then(
      () => true,
      () => false,
    );
  if (dialect === "postgres" && auth.masterKey === undefined && !(await exists())) {
    throw new PipitError(
      "CONFIG_INVALID",
      `No master key: there is no ${file}. Set PIPIT_MASTER_KEY to the key of this database's servers, or name the ` +
        "data folder of one of them with --data DIR.",
    );
  }
  const { masterKey: configured, masterKeyPrevious: previous } = auth;
  const store = createMasterKeyStore(db);
  return openWithMasterKeys({ dataDir, configured, previous }, (keys) => openKeyRing(keys, store));
}

function signedByActor(log: AuditLog): AuditLog {
  return {
    append: (event, origin) => log.append({ ...event, data: { ...event.data, by: ADMIN_ACTOR } }, origin),
  };
}

/** Loads the client and connects when a command first needs it: most do not. */
function lazyRedis(url: string, logger: Logger, owner: AsyncDisposableStack): () => Promise<RedisConnection> {
  let connecting: Promise<RedisConnection> | undefined;
  const connections = owner.use(new AsyncDisposableStack());
  return () => (connecting ??= connectRedis(url, logger, connections));
}

/** A connection that answers, or has had the time to. */
export async function connectRedis(
  url: string,
  logger: Logger,
  owner: AsyncDisposableStack,
): Promise<RedisConnection> {
  const { createRedisConnection } = await import("../store/redis/redis-connection.ts");
  const connection = owner.use(createRedisConnection({ url, logger }));
  const waiting = AbortSignal.timeout(REDIS_WAIT_MS);
  while (connection.status() !== "connected" && !waiting.aborted) await sleep(REDIS_POLL_MS);
  return connection;
}

function redisCounters(redis: () => Promise<RedisConnection>): AttemptCounterStore {
  const connected = async () => createRedisCounterStore({ connection: await redis() });
  return {
    reserve: async (...args) => (await connected()).reserve(...args),
    settle: async (...args) => (await connected()).settle(...args),
    reset: async (key) => (await connected()).reset(key),
  };
}

/** Tells running servers, and hears nothing. */
function createTellingBus(
  redis: (() => Promise<RedisConnection>) | undefined,
): MessageBus & { told(): Promise<unknown> } {
  const from = randomUUID();
  const telling: Promise<number>[] = [];
  return {
    async publish(channel, message) {
      if (redis === undefined) return 0;
      const told = redis().then((connection) => publisher(connection, from)(channel, message));
      telling.push(told);
      return told;
    },
    subscribe() {},
    told: () => Promise.all(telling),
  };
}
