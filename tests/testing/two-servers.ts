import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { readServerConfig, type ServerConfig } from "#server/config/config.ts";
import { postgresServerUrl } from "#server/testing/databases.ts";
import { createMigratedDatabase } from "#server/testing/postgres-databases.ts";
import { EchoSpeech } from "#tests/doubles/echo-speech.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { type OpenAiDouble, startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { WireClient } from "#tests/doubles/wire-client.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { type RedisServer, startRedis } from "#tools/test/redis-server.ts";

/** Of everybody who {@link TwoServers.signInAs}. */
export const PASSWORD = "Correct-horse-1";
export const MASTER_KEY = Buffer.alloc(32, 11).toString("base64");
const START_TIMEOUT_MS = 60_000;

/**
 * Two real servers in this process on one PostgreSQL and one Redis, which are theirs alone, and one model behind real
 * HTTP. Their clock stands still unless the test moves it, so nothing that they remember becomes too old by itself.
 */
export interface TwoServers extends AsyncDisposable {
  readonly a: TestServer;
  readonly b: TestServer;
  readonly model: OpenAiDouble;
  /** Of both. */
  readonly speech: EchoSpeech;
  readonly redis: RedisServer;
  readonly databaseUrl: string;
  /** Names of the events in the logs of both. */
  logged(): readonly string[];
  advance(durationMs: number): void;
  /** A client of the local account, the same person at both; closed with this. */
  connect(server: TestServer, accessToken?: string): WireClient;
  /** Registers a person and signs in, at {@link TwoServers.a}. */
  signInAs(login: string): Promise<Tokens>;
  /** Of a registered user, by the password grant. */
  tokensOf(login: string, at: TestServer, clientId?: string): Promise<Tokens>;
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/**
 * @param withRedis false: only the database is shared
 * @param config what is other than usual, of both
 */
export async function startTwoServers(
  withRedis = true,
  config: Partial<ServerConfig> = {},
): Promise<TwoServers> {
  await using starting = new AsyncDisposableStack();
  const { url: databaseUrl } = starting.use(await createMigratedDatabase(postgresServerUrl()));
  const redis = starting.use(await startRedis(AbortSignal.timeout(START_TIMEOUT_MS)));
  const model = starting.use(await startOpenAiDouble(stream(say("Hello."))));
  const { auth } = readServerConfig({ argv: [], env: { PIPIT_MASTER_KEY: MASTER_KEY } });
  const speech = new EchoSpeech();
  let nowMs = Date.now();
  const events: string[] = [];
  const note = (event: string): void => void events.push(event);
  const start = async (): Promise<TestServer> =>
    starting.use(
      await startTestServer({
        config: {
          ...config,
          databaseUrl,
          auth,
          ...(withRedis && { redisUrl: redis.url }),
          model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" },
        },
        deps: {
          clock: { nowMs: () => nowMs },
          speech,
          logger: { debug() {}, info: note, warn: note, error: note },
          drainMs: 0,
        },
      }),
    );
  const a = await start();
  const b = await start();
  const owned = starting.move();
  return {
    a,
    b,
    model,
    speech,
    redis,
    databaseUrl,
    logged: () => events,
    advance(durationMs) {
      nowMs += durationMs;
    },
    connect: ({ grpcUrl, accessToken }, token = accessToken) => owned.use(new WireClient(grpcUrl, token)),
    async signInAs(login) {
      await post(a, "/auth/register", JSON.stringify({ login, password: PASSWORD }));
      return tokensOf(login, a);
    },
    tokensOf,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function tokensOf(login: string, at: TestServer, clientId: string = CLI_CLIENT_ID): Promise<Tokens> {
  const form = { grant_type: "password", client_id: clientId, username: login, password: PASSWORD };
  const answer = await post(at, "/oauth/token", new URLSearchParams(form));
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string };
  return { accessToken: tokens.access_token, refreshToken: tokens.refresh_token };
}

async function post(at: TestServer, path: string, body: string | URLSearchParams): Promise<Response> {
  const json = typeof body === "string" ? { "content-type": "application/json" } : {};
  const response = await fetch(at.httpUrl + path, { method: "POST", headers: json, body });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}
