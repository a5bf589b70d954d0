import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { join } from "node:path";
import Database from "better-sqlite3";
import { generateSync } from "otplib/functional";
import type { ServerConfig } from "#server/config/config.ts";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import { accountOf } from "#server/testing/account-of.ts";
import type { NewAccount } from "#server/domain/accounts/ports.ts";
import { newTotpSecret } from "#server/domain/accounts/totp.ts";
import { auditKeyOf } from "#server/domain/audit/audit-key.ts";
import type { Logger } from "#contract/logger.ts";
import { createSealer } from "#server/domain/secrets/sealer.ts";
import { createClients, type ClientRegistration, type Clients } from "#server/domain/tokens/clients.ts";
import { loadMasterKey } from "#server/domain/master-key/master-key.ts";
import { openStore, type Store } from "#server/store/store.ts";
import type { Row, TestDatabase } from "#server/testing/databases.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

/** What a test's server accepts in X-Internal-Auth. */
export const INTERNAL_KEY = "internal-key-of-the-tests";
export const PASSWORD = "Correct-horse-1";
const MASTER_KEY = Buffer.alloc(32, 5).toString("base64");
const TOTP_STEP_SECONDS = 30;

/** Parameters of a form. */
export type Fields = Readonly<Record<string, string>>;

/** An answer of the server. Its body is whatever came; tests say what it must be. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A client with a secret, and how it proves itself. */
export interface ConfidentialClient {
  readonly clientId: string;
  readonly secret: string;
  /** The header of client_secret_basic. */
  readonly basic: { readonly authorization: string };
}

/** A real server with accounts and clients of the test, and a look into its database. */
export interface AuthStage extends AsyncDisposable {
  readonly server: TestServer;
  readonly url: string;
  /** A store of our own on the server's database. */
  readonly store: Store;
  readonly clients: Clients;
  /**
   * Another server on the same database, whose clock is so far ahead of the first one's; closed with this. PostgreSQL
   * only.
   */
  openSecond(aheadMs?: number): Promise<TestServer>;
  /** Moves the server's clock, which stands still otherwise. */
  advance(durationMs: number): void;
  /** Now, by the clock that judges codes and refresh tokens: PostgreSQL's own, or the server's. */
  judgedAtMs(): number;
  addAccount(given: Partial<NewAccount> & { readonly id: string }): Promise<NewAccount>;
  /** Gives an account a second factor; resolves to its code of now, or of so many steps of 30 s later. */
  addSecondFactor(userId: string, steps?: number): Promise<string>;
  addClient(registration: Partial<ClientRegistration> & { readonly clientId: string }): Promise<void>;
  addConfidential(
    registration: Partial<ClientRegistration> & { readonly clientId: string },
  ): Promise<ConfidentialClient>;
  /** POST of a form. */
  post(path: string, form: Fields | string, headers?: Fields): Promise<Answer>;
  get(path: string, headers?: Fields, method?: string): Promise<Answer>;
  /** Tokens of an account by the password grant of the terminal client. */
  signIn(
    login: string,
    change?: Fields,
  ): Promise<{ readonly accessToken: string; readonly refreshToken: string }>;
  refresh(refreshToken: string, change?: Fields): Promise<Answer>;
  /** Runs one SELECT on the server's database; its one placeholder, if any, is $1. */
  query(text: string, ...parameters: readonly string[]): Promise<readonly Row[]>;
}

function querySqlite(file: string, text: string, parameters: readonly string[]): Promise<readonly Row[]> {
  const database = new Database(file, { readonly: true });
  try {
    const named = Object.fromEntries(parameters.map((value, index) => [String(index + 1), value]));
    const statement = database.prepare<unknown[], Row>(text);
    return Promise.resolve(parameters.length === 0 ? statement.all() : statement.all(named));
  } finally {
    database.close();
  }
}

/** A public client of the tests. */
const publicClient = {
  name: "A client of the tests",
  confidential: false,
  applicationType: "native",
  redirectUris: ["http://127.0.0.1/callback"],
  grantTypes: ["authorization_code", "refresh_token"],
  scope: "api:read api:write openid profile email",
} as const satisfies Partial<ClientRegistration>;

/** @param logger takes the log of the server; default: none */
export async function openAuthStage(
  database: TestDatabase["name"],
  logger?: Logger,
  changed: Partial<ServerConfig> = {},
): Promise<AuthStage> {
  await using opening = new AsyncDisposableStack();
  let nowMs = Date.now();
  const clock = { nowMs: () => nowMs };
  const config: Partial<ServerConfig> = {
    // Tests say by X-Forwarded-For where a request comes from.
    trustedProxies: ["127.0.0.1"],
    auth: {
      masterKey: MASTER_KEY,
      internalAuthKey: INTERNAL_KEY,
      legacyOtpOptional: false,
      legacyOtpNetworks: [],
      seedCompatClients: true,
      registrationOpen: true,
      programsTakePasswords: true,
      auditRetentionDays: 365,
    },
    ...changed,
  };
  const server = opening.use(
    await startTestServer({ database, config, deps: { clock, ...(logger && { logger }) } }),
  );
  const { databaseUrl } = server.config;
  const masterKey = await loadMasterKey({ dataDir: server.dataDir, configured: MASTER_KEY });
  const store = opening.use(
    await openStore({
      ...(databaseUrl === undefined ? { file: join(server.dataDir, "pipit.db") } : { databaseUrl }),
      auditKey: auditKeyOf(masterKey),
      clock,
      logger: createRecordingLogger(),
    }),
  );
  const clients = createClients({ bus: createMemoryBus(), auth: store.auth, clock });
  const passwordHash = await createPasswordHasher({}).hash(PASSWORD);
  const judgedAtMs = () => (databaseUrl === undefined ? nowMs : Date.now());
  const owned = opening.move();
  const wire = createWire(server.httpUrl);
  return {
    ...wire,
    ...createRegistrations(store, clients, passwordHash),
    async addSecondFactor(userId, steps = 0) {
      const secret = newTotpSecret();
      const sealed = createSealer(masterKey.derive("totp-secrets")).seal(secret, userId);
      await store.auth.totp.setPending(userId, sealed);
      await store.auth.totp.confirm(userId, sealed, 0);
      return generateSync({ secret, epoch: Math.floor(judgedAtMs() / 1000) + steps * TOTP_STEP_SECONDS });
    },
    judgedAtMs,
    server,
    url: server.httpUrl,
    store,
    clients,
    async openSecond(aheadMs = 0) {
      if (databaseUrl === undefined) throw new Error("SQLite is for one server");
      const deps = { clock: { nowMs: () => nowMs + aheadMs } };
      return owned.use(await startTestServer({ config: { ...config, databaseUrl }, deps }));
    },
    advance(durationMs) {
      nowMs += durationMs;
    },
    query: (text, ...parameters) =>
      databaseUrl === undefined
        ? querySqlite(join(server.dataDir, "pipit.db"), text, parameters)
        : queryPostgres<Row>(databaseUrl, text, parameters),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function createRegistrations(
  store: Store,
  clients: Clients,
  passwordHash: string,
): Pick<AuthStage, "addAccount" | "addClient" | "addConfidential"> {
  return {
    async addAccount(given) {
      const account = accountOf({ passwordHash, ...given });
      await store.auth.accounts.create(account);
      return account;
    },
    async addClient(registration) {
      await clients.register({ ...publicClient, ...registration }, systemOrigin);
    },
    async addConfidential(registration) {
      const { client, secret = "" } = await clients.register(
        {
          ...publicClient,
          confidential: true,
          applicationType: "web",
          redirectUris: [],
          grantTypes: ["client_credentials"],
          scope: "api:read api:write",
          ...registration,
        },
        systemOrigin,
      );
      const { clientId } = client;
      return { clientId, secret, basic: basicOf(clientId, secret) };
    },
  };
}

/** The header of client_secret_basic, with both halves form-encoded (RFC 6749 §2.3.1). */
export function basicOf(clientId: string, secret: string): { readonly authorization: string } {
  const encode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);
  const pair = `${encode(clientId)}:${encode(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

export function bearer(accessToken: string): { readonly authorization: string } {
  return { authorization: `Bearer ${accessToken}` };
}

function createWire(url: string): Pick<AuthStage, "post" | "get" | "signIn" | "refresh"> {
  const post: AuthStage["post"] = async (path, form, headers = {}) =>
    readAnswer(
      await fetch(url + path, {
        method: "POST",
        body: typeof form === "string" ? form : new URLSearchParams(form),
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      }),
    );
  return {
    post,
    get: async (path, headers = {}, method = "GET") =>
      readAnswer(await fetch(url + path, { method, headers })),
    async signIn(login, change = {}) {
      const { status, body } = await post("/oauth/token", {
        grant_type: "password",
        client_id: "pipit-cli",
        username: login,
        password: PASSWORD,
        ...change,
      });
      if (status !== 200) throw new Error(`sign-in failed: ${status} ${JSON.stringify(body)}`);
      return { accessToken: String(body["access_token"]), refreshToken: String(body["refresh_token"]) };
    },
    refresh: (refreshToken, change = {}) =>
      post("/oauth/token", {
        grant_type: "refresh_token",
        client_id: "pipit-cli",
        refresh_token: refreshToken,
        ...change,
      }),
  };
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const body: unknown = isJson && text !== "" ? JSON.parse(text) : {};
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: typeof body === "object" && body !== null ? { ...body } : {},
  };
}
