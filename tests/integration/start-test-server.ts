import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BOOTSTRAP_FILE, CLI_CLIENT_ID, LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import { readServerConfig, type ServerConfig } from "#server/config/config.ts";
import type { Logger } from "#contract/logger.ts";
import { startServer, type RunningServer, type ServerDeps } from "#server/compose/start-server.ts";
import { DATABASE_FILE } from "#server/store/open-database.ts";
import { writeMigratedFile } from "#server/testing/sqlite-template.ts";
import { freePorts } from "./free-ports.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** What a test may change of its server. */
export interface TestServerOverrides {
  /** Folder to use instead of a fresh one; it is then left in place when the server is disposed. */
  readonly home?: string;
  readonly config?: Partial<ServerConfig>;
  readonly deps?: ServerDeps;
  /** Where a real server writes them; default: none, since few tests look at them. */
  readonly memoryFiles?: boolean;
  /** A fresh database of this kind, which goes away with the server; default: SQLite in the server's own folder. */
  readonly database?: "SQLite" | "PostgreSQL";
  /**
   * Listens where its issuer says, as a real server does; default: on a port of the system's choice, with the issuer of
   * the usual port.
   */
  readonly ownIssuer?: boolean;
}

/** A real server on free ports with its own data folder. */
export interface TestServer extends AsyncDisposable {
  /** e.g. "http://127.0.0.1:41234" */
  readonly httpUrl: string;
  /** host:port */
  readonly grpcUrl: string;
  readonly home: string;
  readonly dataDir: string;
  /** An access token of the local account; good for 15 minutes. */
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The server's configuration, for a second one on the same database. */
  readonly config: ServerConfig;
  readonly server: RunningServer;
}

/** Starts the real server in this process on a free port, signs in as the local account, and cleans up when disposed. */
export async function startTestServer(overrides: TestServerOverrides = {}): Promise<TestServer> {
  await using starting = new AsyncDisposableStack();
  const home = overrides.home ?? (await mkdtemp(join(tmpdir(), "pipit-test-")));
  if (overrides.home === undefined) starting.defer(() => rm(home, { recursive: true, force: true }));
  const [port = 0] = overrides.ownIssuer === true ? await freePorts(1) : [];
  const databaseUrl =
    overrides.database === "PostgreSQL" ? starting.use(await createPostgresDatabase()).url : undefined;
  // Nothing of the developer's machine is read; a port without a listener stands for "no Ollama".
  const config: ServerConfig = {
    ...readServerConfig({
      argv: ["--http", `127.0.0.1:${port}`, "--grpc", "127.0.0.1:0"],
      // Most tests count what a model is asked, and script what it says.
      env: { PIPIT_HOME: home, OLLAMA_HOST: "http://127.0.0.1:9", PIPIT_TITLES: "0", PIPIT_MEMORIES: "0" },
    }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(overrides.memoryFiles === true ? {} : { memoryDir: undefined }),
    ...overrides.config,
  };
  if (overrides.home === undefined && config.databaseUrl === undefined) {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    await writeMigratedFile(join(config.dataDir, DATABASE_FILE));
  }
  const server = starting.use(await startServer(config, { logger: silent, ...overrides.deps }));
  const tokens = await signIn(server.httpUrl, config.dataDir);
  const owned = starting.move();
  return {
    httpUrl: server.httpUrl,
    grpcUrl: server.grpcUrl,
    home,
    dataDir: config.dataDir,
    ...tokens,
    config,
    server,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Loaded when it is asked for: the kit belongs to vitest, and the tests in browsers start servers as well. */
async function createPostgresDatabase() {
  const { postgresServerUrl } = await import("#server/testing/databases.ts");
  const { createMigratedDatabase } = await import("#server/testing/postgres-databases.ts");
  return createMigratedDatabase(postgresServerUrl());
}

/** Exchanges the server's one-time secret for tokens of the local account. */
export async function signIn(
  httpUrl: string,
  dataDir: string,
): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
  const secret = (await readFile(join(dataDir, BOOTSTRAP_FILE), "utf8")).trim();
  const response = await fetch(`${httpUrl}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: LOCAL_GRANT_TYPE, client_id: CLI_CLIENT_ID, secret }),
  });
  const body: unknown = await response.json();
  if (!isTokenBody(body)) throw new Error(`local sign-in failed: ${response.status} ${JSON.stringify(body)}`);
  return { accessToken: body.access_token, refreshToken: body.refresh_token };
}

function isTokenBody(body: unknown): body is { access_token: string; refresh_token: string } {
  return typeof body === "object" && body !== null && "access_token" in body && "refresh_token" in body;
}
