import type { ServerConfig } from "../config/config.ts";
import { createAuthenticate, type Authenticate } from "../domain/access/authenticate.ts";
import { peerKeyOf } from "../net/client-address.ts";
import { countEvent } from "../domain/audit/counted-audit-log.ts";
import { createRefusalAudit, type RefusalAudit } from "../domain/audit/refusal-audit.ts";
import { createAccountServices, type AccountServices } from "./account-services.ts";
import { createLocalAccount, type LocalAccount } from "../domain/accounts/local-account.ts";
import { createPasswordHasher } from "../domain/accounts/password-hasher.ts";
import { createWebSessions, type WebSessions } from "../domain/accounts/web-sessions.ts";
import type { AuthMetrics } from "../domain/auth-metrics.ts";
import type { Clock } from "#contract/clock.ts";
import type { MessageBus } from "../domain/message-bus.ts";
import type { ServerClock } from "../domain/server-clock.ts";
import { createAttemptLimits, type AttemptLimits } from "../domain/limits/attempt-limits.ts";
import type { Logger } from "#contract/logger.ts";
import { createAccessTokens, type AccessTokens } from "../domain/tokens/access-tokens.ts";
import type { RateHeaders } from "#server/http/kit/rate-headers.ts";
import { createApiKeys, type ApiKeys } from "../domain/tokens/api-keys.ts";
import { createBootstrapSecret, type BootstrapSecret } from "../domain/tokens/bootstrap-secret.ts";
import { builtInClients, compatClients } from "../domain/tokens/built-in-clients.ts";
import { createClients, type Clients } from "../domain/tokens/clients.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import { createSessions, type Sessions } from "../domain/tokens/sessions.ts";
import { createSigningKeys, type SigningKeys } from "../domain/tokens/signing-keys.ts";
import { createTokenGuard, type TokenGuard } from "../domain/tokens/token-guard.ts";
import type { RedisConnection } from "../store/redis/redis-connection.ts";
import { createRedisCounterStore } from "../store/redis/redis-counter-store.ts";
import type { Store } from "../store/store.ts";

/** `aud` of our access tokens: this server's own API. */
const AUDIENCE = "pipit";

export interface AuthContextParts {
  readonly config: ServerConfig;
  /** The data folder that this server holds. */
  readonly dataDir: string;
  readonly store: Store;
  readonly masterKey: MasterKey;
  readonly redis: RedisConnection | undefined;
  readonly bus: MessageBus;
  readonly metrics: AuthMetrics;
  readonly rates: RateHeaders;
  readonly clock: Clock;
  readonly time: ServerClock;
  readonly logger: Logger;
}

/** Accounts, sessions, tokens, keys, clients and limits, built once. */
export interface AuthContext extends AccountServices, AsyncDisposable {
  readonly signingKeys: SigningKeys;
  readonly accessTokens: AccessTokens;
  readonly guard: TokenGuard;
  readonly sessions: Sessions;
  /** One for the whole process, so that its limit is that of the disk. */
  readonly refusals: RefusalAudit;
  readonly clients: Clients;
  readonly limits: AttemptLimits;
  readonly bootstrapSecret: BootstrapSecret;
  readonly localAccount: LocalAccount;
  readonly webSessions: WebSessions;
  readonly apiKeys: ApiKeys;
  readonly authenticate: Authenticate;
  /** Passwords that wait for their turn to be hashed. */
  readonly passwordQueueDepth: () => number;
}

/** Throws CONFIG_INVALID, STORAGE_*, DATABASE_UNREACHABLE; whatever was built by then is ended again. */
export async function createAuthContext(parts: AuthContextParts): Promise<AuthContext> {
  const { config, store, masterKey, redis, bus, clock, logger } = parts;
  const { requireRight: requireTime } = parts.time;
  const { auth } = store;
  await using building = new AsyncDisposableStack();
  const counters = redis === undefined ? store.counters : createRedisCounterStore({ connection: redis });
  const limits = createAttemptLimits({
    counters,
    clock,
    onRate: (rate) => parts.rates.note(rate),
    onBlocked: (name, blockedForMs) => logger.warn("auth.blocked", { limit: name, blockedForMs }),
  });
  const signingKeys = await createSigningKeys({
    store: store.auth.signingKeys,
    auth,
    masterKey,
    clock,
    mayRotate: () => parts.time.state !== "wrong",
    logger,
  });
  const accessTokens = createAccessTokens({
    keys: signingKeys,
    issuer: config.issuer,
    audience: AUDIENCE,
    clock,
  });
  const guard = createTokenGuard({ states: auth.tokenStates, clock, bus });
  const clients = createClients({ auth, clock, bus, guard });
  await clients.seed([...builtInClients, ...(config.auth.seedCompatClients ? compatClients : [])]);
  const refusals = createRefusalAudit({
    audit: auth.audit,
    clock,
    onOmitted: (event) => countEvent(parts.metrics, event),
  });
  const sessions = createSessions({ auth, masterKey, clock, requireTime, guard, refusals });
  const hasher = hasherOf(config, logger);
  const services = createAccountServices({
    auth,
    masterKey,
    hasher,
    limits,
    guard,
    clock,
    networkOf: peerKeyOf,
    refusals,
    requireTime,
  });
  const webSessions = createWebSessions(auth, clock);
  const apiKeys = createApiKeys({ auth, clock });
  const bootstrapSecret = building.use(await createBootstrapSecret(parts.dataDir));
  const localAccount = createLocalAccount({ accounts: store.auth.accounts, masterKey, clock });
  const local = await localAccount.find();
  const built = building.move();
  return {
    ...services,
    signingKeys,
    accessTokens,
    guard,
    sessions,
    refusals,
    clients,
    limits,
    bootstrapSecret,
    localAccount,
    webSessions,
    apiKeys,
    authenticate: createAuthenticate({
      accessTokens,
      apiKeys,
      guard,
      webSessions,
      anonymousUserId: config.legacyAnonymous && local.active ? local.id : undefined,
      internalKey: config.auth.internalAuthKey,
      onAuthenticated: (method) => parts.metrics.authenticatedRequest(method),
    }),
    passwordQueueDepth: () => hasher.queued(),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  };
}

function hasherOf({ auth: { passwordPepper: pepper } }: ServerConfig, logger: Logger) {
  return createPasswordHasher({ ...(pepper === undefined ? {} : { pepper: Buffer.from(pepper) }), logger });
}
