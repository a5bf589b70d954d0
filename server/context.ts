import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { ServerConfig } from "./config.ts";
import { createAuthenticate, type Authenticate } from "./authenticate.ts";
import { createCorrelation, type Correlation } from "./correlation.ts";
import { createLocalAccount, type LocalAccount } from "./domain/accounts/local-account.ts";
import { createSignInCodes, type SignInCodes } from "./domain/accounts/sign-in-codes.ts";
import { createWebSessions, type WebSessions } from "./domain/accounts/web-sessions.ts";
import { createModelSource, type WarmableModelSource } from "./domain/assistant/model-source.ts";
import { createAssistantTools } from "./domain/assistant/tools/assistant-tools.ts";
import { createCalculator } from "./domain/assistant/tools/calculator.ts";
import { createTurnService } from "./domain/assistant/turn-service.ts";
import type { TurnService } from "./domain/assistant/turn-types.ts";
import { systemClock, type Clock } from "./domain/clock.ts";
import type { Logger } from "./domain/logger.ts";
import type { SpeechService } from "./domain/speech/ports.ts";
import { createSpeechService } from "./domain/speech/speech-service.ts";
import { createAccessTokens, type AccessTokens } from "./domain/tokens/access-tokens.ts";
import { createBootstrapSecret, type BootstrapSecret } from "./domain/tokens/bootstrap-secret.ts";
import { loadMasterKey, type MasterKey } from "./domain/tokens/master-key.ts";
import { createRefreshTokens, type RefreshTokens } from "./domain/tokens/refresh-tokens.ts";
import { createSigningKeys, type SigningKeys } from "./domain/tokens/signing-keys.ts";
import { openDataFolder } from "./lifecycle/data-folder.ts";
import { createLogger } from "./logger.ts";
import { openStore, type Store } from "./store/store.ts";

const DATABASE_FILE = "pipit.db";
/** `aud` of our access tokens: this server's own API. */
const AUDIENCE = "pipit";

/** What a test may put in place of the real thing. */
export interface ContextDeps {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly models?: WarmableModelSource;
  readonly speech?: SpeechService;
}

/** Everything the ports need, built once and ended together, in the opposite order. */
export interface ServerContext extends AsyncDisposable {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly correlation: Correlation;
  readonly store: Store;
  readonly signingKeys: SigningKeys;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly bootstrapSecret: BootstrapSecret;
  readonly localAccount: LocalAccount;
  readonly webSessions: WebSessions;
  readonly signInCodes: SignInCodes;
  readonly authenticate: Authenticate;
  readonly models: WarmableModelSource;
  readonly speech: SpeechService;
  readonly turns: TurnService;
  readonly startedAtMs: number;
}

/**
 * Builds the server's parts.
 *
 * @throws PipitError DATA_FOLDER_IN_USE, STORAGE_*, CONFIG_INVALID; whatever was built by then is ended again
 */
export async function createContext(config: ServerConfig, deps: ContextDeps = {}): Promise<ServerContext> {
  const clock = deps.clock ?? systemClock;
  const correlation = createCorrelation();
  const logger =
    deps.logger ?? createLogger({ level: config.logLevel, correlationId: () => correlation.current() });

  await using building = new AsyncDisposableStack();
  const folder = building.use(await openDataFolder(config.dataDir));
  const store = building.use(await openStore({ file: join(folder.path, DATABASE_FILE), clock, logger }));
  // The folder's lock is ours, so whoever was answering from this database is gone.
  await store.turns.endLeases();
  const masterKey = await loadMasterKey({ dataDir: folder.path });
  const tokens = await createTokens({ config, dataDir: folder.path, store, masterKey, clock });
  building.use(tokens.bootstrapSecret);
  const localAccount = createLocalAccount({ accounts: store.accounts, masterKey, clock });
  const local = await localAccount.ensure();
  const webSessions = createWebSessions({ store: store.webSessions, accounts: store.accounts, clock });
  const signInCodes = createSignInCodes({ store: store.signInCodes, clock });
  await Promise.all([webSessions.removeExpired(), signInCodes.removeExpired()]);
  const models = deps.models ?? createModelSource({ config: config.model, clock, logger });
  const calculator = building.use(createCalculator());
  const speech = deps.speech ?? building.use(createSpeechService({ config: config.speech, logger }));
  const turns = building.use(
    createTurnService({
      chats: store.chats,
      turns: store.turns,
      models,
      toolsFor: (scope) => createAssistantTools({ ...scope, turns: store.turns, clock, calculator }),
      speech,
      clock,
      logger,
      ownerId: randomUUID(),
    }),
  );
  const built = building.move();
  return {
    clock,
    logger,
    correlation,
    store,
    ...tokens,
    localAccount,
    webSessions,
    signInCodes,
    authenticate: createAuthenticate({
      accessTokens: tokens.accessTokens,
      webSessions,
      anonymousUserId: config.legacyAnonymous ? local.id : undefined,
    }),
    models,
    speech,
    turns,
    startedAtMs: clock.nowMs(),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  };
}

type Tokens = Pick<ServerContext, "signingKeys" | "accessTokens" | "refreshTokens" | "bootstrapSecret">;

interface TokenParts {
  readonly config: ServerConfig;
  readonly dataDir: string;
  readonly store: Store;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
}

async function createTokens({ config, dataDir, store, masterKey, clock }: TokenParts): Promise<Tokens> {
  const signingKeys = await createSigningKeys({ store: store.signingKeys, masterKey, clock });
  return {
    signingKeys,
    accessTokens: createAccessTokens({
      keys: signingKeys,
      issuer: config.issuer,
      audience: AUDIENCE,
      clock,
    }),
    refreshTokens: createRefreshTokens({ store: store.refreshTokens, masterKey, clock }),
    bootstrapSecret: await createBootstrapSecret({ dataDir }),
  };
}
