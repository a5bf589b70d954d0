import { join } from "node:path";
import { prepareAuthData, type AuthData, type AuthPlace } from "./auth-data.ts";
import { startProgram, type ChildProgram } from "./child-program.ts";
import { makeHome } from "./pipit-main.ts";
import {
  createTokenClient,
  granted,
  type Answer,
  type TokenClient,
  type TokenServer,
} from "./token-server.ts";

/** What `auth-server-program.ts` says when it is ready. */
export interface AuthServerReady {
  readonly httpUrl: string;
}

/** A server in a process of its own with a client on it. */
export interface AuthServer extends AsyncDisposable {
  readonly program: ChildProgram<AuthServerReady>;
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

/** Prepares a home (and the database), and starts the whole server on it; both go away with it. */
export async function startAuthServer(
  { accounts, sessions, databaseUrl, fill }: AuthServerOptions,
  signal: AbortSignal,
): Promise<PipitAuthServer> {
  await using starting = new AsyncDisposableStack();
  const { path: home } = starting.use(await makeHome());
  const place = { home, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  const data = await prepareAuthData(place, { accounts, sessions });
  const logins = (await fill?.(place, data)) ?? data.logins;
  const program = starting.use(
    await startProgram<AuthServerReady>(join(import.meta.dirname, "auth-server-program.ts"), signal, {
      env: {
        PIPIT_HOME: home,
        ...(databaseUrl === undefined ? {} : { PIPIT_DATABASE_URL: databaseUrl }),
      },
      logFile: join(home, "log"),
    }),
  );
  const paths = { tokenPath: "/oauth/token", jwksPath: "/.well-known/jwks.json" };
  const client = starting.use(createTokenClient({ ...data, ...paths, httpUrl: program.httpUrl }));
  let turn = 0;
  const tryLogin = (): Promise<Answer> => client.login(logins[turn++ % logins.length] ?? "", data.password);
  const owned = starting.move();
  return {
    program,
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
