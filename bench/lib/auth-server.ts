import { join } from "node:path";
import { prepareAuthData, type AuthData, type AuthPlace } from "../data/auth-data.ts";
import { startProgram, type ChildProgram } from "./child-program.ts";
import { makeHome, startPipitMain } from "./pipit-main.ts";
import { usageOf } from "./process-usage.ts";
import {
  createTokenClient,
  granted,
  type Answer,
  type TokenClient,
  type TokenServer,
} from "./token-server.ts";

/** A server in a process of its own with a client on it. */
export interface AuthServer extends AsyncDisposable {
  readonly program: Pick<ChildProgram<object>, "usage">;
  readonly client: TokenClient;
}

export interface PipitAuthServer extends AuthServer {
  readonly data: AuthData;
  /** Signs the next account in; all take their turn. */
  tryLogin(): Promise<Answer>;
  /** The same; throws unless it is granted. */
  login(): Promise<void>;
}

export interface AuthServerOptions {
  readonly accounts: number;
  readonly sessions: number;
  readonly databaseUrl?: string;
  /** Puts more into the database before the server starts; resolves to logins that sign in in place of the others. */
  readonly fill?: (place: AuthPlace, data: AuthData) => Promise<readonly string[]>;
}

/** Prepares a home (and the database), and starts the whole built server on it; both go away with it. */
export async function startAuthServer(
  { accounts, sessions, databaseUrl, fill }: AuthServerOptions,
  signal: AbortSignal,
): Promise<PipitAuthServer> {
  await using starting = new AsyncDisposableStack();
  const { path: home } = starting.use(await makeHome());
  const place = { home, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  const data = await prepareAuthData(place, { accounts, sessions });
  const logins = (await fill?.(place, data)) ?? data.logins;
  const env = {
    ...(databaseUrl === undefined ? {} : { PIPIT_DATABASE_URL: databaseUrl }),
    // The load says by X-Forwarded-For where a request comes from.
    PIPIT_TRUSTED_PROXIES: "127.0.0.1",
    // A port without a listener stands for "no Ollama".
    OLLAMA_HOST: "http://127.0.0.1:9",
  };
  const { pid, httpUrl } = starting.use(await startPipitMain(env, signal, home));
  const paths = { tokenPath: "/oauth/token", jwksPath: "/.well-known/jwks.json" };
  const client = starting.use(createTokenClient({ ...data, ...paths, httpUrl }));
  let turn = 0;
  const tryLogin = (): Promise<Answer> => client.login(logins[turn++ % logins.length] ?? "", data.password);
  const owned = starting.move();
  return {
    program: { usage: () => usageOf(pid) },
    client,
    data,
    tryLogin,
    login: async () => void granted(await tryLogin()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** oidc-provider by itself, in memory. */
export async function startBareOidc(signal: AbortSignal): Promise<AuthServer> {
  await using starting = new AsyncDisposableStack();
  const file = join(import.meta.dirname, "bare-oidc-program.ts");
  const program = starting.use(await startProgram<TokenServer>(file, signal));
  const client = starting.use(createTokenClient(program));
  const owned = starting.move();
  return { program, client, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
