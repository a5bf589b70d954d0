import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { auditKeyOf } from "#server/domain/audit/audit-key.ts";
import { systemClock } from "#server/domain/clock.ts";
import { createClients, type ClientRegistration, type Clients } from "#server/domain/tokens/clients.ts";
import { loadMasterKey } from "#server/domain/master-key/master-key.ts";
import { sessionsOf } from "#server/testing/sessions-of.ts";
import { openStore, type Store } from "#server/store/store.ts";
import { postgresServerUrl, type Row } from "#server/testing/databases.ts";
import { createMigratedDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startRedis } from "#tools/test/redis-server.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

export const SHARED_PASSWORD = "Correct-horse-1";
const MASTER_KEY = Buffer.alloc(32, 11).toString("base64");
const startTimeoutMs = 60_000;

/** Two processes of one service: PostgreSQL, Redis and the master key are shared, each has its own data folder. */
export interface SharedServers extends AsyncDisposable {
  /** Addresses of both. */
  urls(): readonly [string, string];
  /** What both have written to their logs. */
  output(): string;
  readonly redisUrl: string;
  /** A store of our own beside them, as a third process has it. */
  readonly store: Store;
  readonly clients: Clients;
  /** An account with {@link SHARED_PASSWORD}. */
  addAccount(id: string): Promise<void>;
  /** A public client of ours that may take passwords, so that no other test is in its way. */
  addClient(clientId: string, change?: Partial<ClientRegistration>): Promise<void>;
  /** A session as a sign-in starts it, without the password; resolves to its refresh token. */
  startSession(userId: string, clientId: string): Promise<string>;
  /** Stops both and starts both again. */
  restart(): Promise<void>;
  /** Kills one in the middle of its work and starts it again. */
  killOne(index: number): Promise<void>;
  query(text: string, ...parameters: readonly (string | number)[]): Promise<readonly Row[]>;
}

/** @example await using servers = await startSharedServers(); */
export async function startSharedServers(): Promise<SharedServers> {
  await using starting = new AsyncDisposableStack();
  const { url: databaseUrl } = starting.use(await createMigratedDatabase(postgresServerUrl()));
  const redis = starting.use(await startRedis(AbortSignal.timeout(startTimeoutMs)));
  const env = {
    PIPIT_DATABASE_URL: databaseUrl,
    PIPIT_REDIS_URL: redis.url,
    PIPIT_MASTER_KEY: MASTER_KEY,
    PIPIT_TRUSTED_PROXIES: "127.0.0.1",
    PIPIT_SEED_COMPAT_CLIENTS: "1",
  };
  const start = async (homes: readonly (string | undefined)[]): Promise<readonly ServerProcess[]> =>
    Promise.all(homes.map((home) => startServerProcess({ env, ...(home === undefined ? {} : { home }) })));
  let processes = await start([undefined, undefined]);
  starting.defer(async () => {
    await Promise.all(processes.map((one) => one[Symbol.asyncDispose]()));
  });
  const masterKey = await loadMasterKey({ dataDir: "", configured: MASTER_KEY });
  const store = starting.use(
    await openStore({
      databaseUrl,
      auditKey: auditKeyOf(masterKey),
      clock: systemClock,
      logger: createRecordingLogger(),
    }),
  );
  const { auth } = store;
  const clients = createClients({ bus: createMemoryBus(), auth, clock: systemClock });
  const { start: startSession } = sessionsOf(auth, { masterKey, clock: systemClock });
  const passwordHash = await createPasswordHasher({}).hash(SHARED_PASSWORD);
  const owned = starting.move();
  return {
    urls: () => [processes[0]?.url ?? "", processes[1]?.url ?? ""],
    output: () => processes.map((one) => one.output()).join(""),
    redisUrl: redis.url,
    store,
    clients,
    addAccount: async (id) => void (await store.auth.accounts.create(accountOf({ id, passwordHash }))),
    addClient: async (clientId, change) =>
      void (await clients.register({ ...firstParty, ...change, clientId }, systemOrigin)),
    async startSession(userId, clientId) {
      const client = await clients.find(clientId);
      if (client === undefined) throw new Error(`no client ${clientId}`);
      const { refreshToken = "" } = await startSession(
        {
          userId,
          client,
          scope: "api:read api:write",
          amr: ["pwd"],
          authTimeMs: Date.now(),
          grant: "password",
          withRefreshToken: true,
        },
        systemOrigin,
      );
      return refreshToken;
    },
    async restart() {
      const homes = processes.map((one) => one.home);
      await Promise.all(processes.map((one) => one.stop()));
      processes = await start(homes);
    },
    async killOne(index) {
      await processes[index]?.kill();
      const [again] = await start([processes[index]?.home]);
      processes = processes.map((one, n) => (n === index && again !== undefined ? again : one));
    },
    query: (text, ...parameters) => queryPostgres<Row>(databaseUrl, text, parameters),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const firstParty = {
  name: "A client of the tests",
  confidential: false,
  firstParty: true,
  applicationType: "native",
  redirectUris: ["http://127.0.0.1/callback"],
  grantTypes: ["password", "refresh_token", "authorization_code"],
  scope: "api:read api:write openid",
  allowPasswordGrant: true,
} as const satisfies Partial<ClientRegistration>;
