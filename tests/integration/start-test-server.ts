import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BOOTSTRAP_FILE, CLI_CLIENT_ID, LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import { readServerConfig, type ServerConfig } from "#server/config.ts";
import type { Logger } from "#server/domain/logger.ts";
import { startServer, type RunningServer, type ServerDeps } from "#server/lifecycle/start-server.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** What a test may change of its server. */
export interface TestServerOverrides {
  /** Folder to use instead of a fresh one; it is then left in place when the server is disposed. */
  readonly home?: string;
  readonly config?: Partial<ServerConfig>;
  readonly deps?: ServerDeps;
}

/** A real server on free ports with its own data folder. */
export interface TestServer extends AsyncDisposable {
  /** e.g. "http://127.0.0.1:41234" */
  readonly httpUrl: string;
  /** host:port */
  readonly grpcUrl: string;
  readonly home: string;
  readonly dataDir: string;
  /** Of the local account; good for 15 minutes. */
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly server: RunningServer;
}

/** Starts the real server in this process on port 0, signs in as the local account, and cleans up when disposed. */
export async function startTestServer(overrides: TestServerOverrides = {}): Promise<TestServer> {
  const home = overrides.home ?? (await mkdtemp(join(tmpdir(), "pipit-test-")));
  // Nothing of the developer's machine is read; a port where nobody listens stands for "no Ollama".
  const config = {
    ...readServerConfig({
      argv: ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"],
      env: { PIPIT_HOME: home, OLLAMA_HOST: "http://127.0.0.1:9" },
    }),
    ...overrides.config,
  };
  const removeHome = async (): Promise<void> => {
    if (overrides.home === undefined) await rm(home, { recursive: true, force: true });
  };
  try {
    const server = await startServer(config, { logger: silent, ...overrides.deps });
    try {
      const tokens = await signIn(server.httpUrl, config.dataDir);
      return {
        httpUrl: server.httpUrl,
        grpcUrl: server.grpcUrl,
        home,
        dataDir: config.dataDir,
        ...tokens,
        server,
        async [Symbol.asyncDispose]() {
          await server[Symbol.asyncDispose]();
          await removeHome();
        },
      };
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    await removeHome();
    throw error;
  }
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
