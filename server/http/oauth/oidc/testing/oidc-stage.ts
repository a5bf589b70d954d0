import { createHash, randomBytes } from "node:crypto";
import { createClientAddress, peerKeyOf } from "#server/client-address.ts";
import { createCorrelation } from "#server/correlation.ts";
import { createAccountServices } from "#server/domain/accounts/account-services.ts";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import type { Account } from "#server/domain/accounts/ports.ts";
import { createWebSessions, type WebSessions } from "#server/domain/accounts/web-sessions.ts";
import { createAttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { createMemoryCounterStore } from "#server/domain/limits/memory-counter-store.ts";
import { builtInClients } from "#server/domain/tokens/built-in-clients.ts";
import { createClients, type Clients } from "#server/domain/tokens/clients.ts";
import type { MasterKey } from "#server/domain/tokens/master-key.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { createSigningKeys } from "#server/domain/tokens/signing-keys.ts";
import { openTemporaryStore, type TemporaryStore } from "#server/store/testing/temporary-store.ts";
import { startHttpServer } from "../../../http-server.ts";
import { createSite } from "../../../site.ts";
import { createOidc, type Oidc } from "../create-oidc.ts";
import { createFormBrowser, type FormBrowser } from "./form-browser.ts";

export const PASSWORD = "Correct-horse-1";
export const ISSUER = "https://id.example";
export const REDIRECT = "http://127.0.0.1:54321/callback";

/** The interactive part on the real HTTP port, with real stores, keys, clients and passwords. */
export interface OidcStage extends AsyncDisposable {
  readonly oidc: Oidc;
  readonly temporary: TemporaryStore;
  readonly clients: Clients;
  readonly webSessions: WebSessions;
  readonly services: ReturnType<typeof createAccountServices>;
  readonly origin: string;
  register(login: string): Promise<Account>;
  browser(): FormBrowser;
  client(id: string): Promise<OauthClient>;
  audited(): Promise<string[]>;
}

const masterKey: MasterKey = { derive: (purpose) => createHash("sha256").update(purpose).digest() };
const testOrigin = { ip: "192.0.2.1", userAgent: "test", correlationId: "c-1" };

/** @example await using stage = await openOidcStage(); */
export async function openOidcStage(): Promise<OidcStage> {
  await using opening = new AsyncDisposableStack();
  const temporary = opening.use(await openTemporaryStore());
  const { store, clock, logger } = temporary;
  // The library's records end by the system's clock.
  clock.advance(Date.now() - clock.nowMs());
  const auth = store.auth;
  const clients = createClients({ auth, clock });
  await clients.seed(builtInClients);
  const keys = await createSigningKeys({ store: store.signingKeys, masterKey, clock });
  const limits = createAttemptLimits({ counters: createMemoryCounterStore(), clock });
  const services = createAccountServices({
    auth,
    masterKey,
    clock,
    limits,
    networkOf: peerKeyOf,
    hasher: createPasswordHasher(),
    sessions: {
      revokeAllOfUser: (tx, userId, reason, except) =>
        tx.refreshTokens.revokeOfUser(userId, reason, clock.nowMs(), except),
    },
    guard: { forget: () => undefined },
  });
  const webSessions = createWebSessions({ store: store.webSessions, accounts: store.accounts, clock });
  const site = createSite({ listen: { host: "127.0.0.1", port: 0 }, publicUrl: undefined });
  let baseUrl = "http://127.0.0.1";
  const oidc = createOidc({
    issuer: ISSUER,
    baseUrl: () => baseUrl,
    auth,
    payloads: store.oidcPayloads,
    clients,
    keys,
    masterKey,
    passwordSignIn: services.passwordSignIn,
    limits,
    session: { webSessions, accounts: store.accounts, site, clock, logger },
    deviceCookie: { read: () => undefined, write: () => undefined },
  });
  const port = await startHttpServer(
    { host: "127.0.0.1", port: 0 },
    {
      rpc: { options: {}, routes: () => undefined },
      routes: oidc.routes,
      site,
      correlation: createCorrelation(),
      clientAddressOf: createClientAddress([]),
      metrics: { httpRequest: () => undefined },
      logger,
    },
  );
  opening.defer(() => port.close());
  opening.defer(async () => port.destroy());
  baseUrl = `http://127.0.0.1:${port.address.port}`;
  const opened = opening.move();
  return {
    oidc,
    temporary,
    clients,
    webSessions,
    services,
    origin: baseUrl,
    register: (login) => services.accounts.register({ login, password: PASSWORD }, testOrigin),
    browser: () => createFormBrowser(baseUrl),
    async client(id) {
      const client = await clients.find(id);
      if (client === undefined) throw new Error(`No client ${id}`);
      return client;
    },
    audited: () => readAudit(temporary),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function readAudit(temporary: TemporaryStore): Promise<string[]> {
  const { default: Database } = await import("better-sqlite3");
  const db = new Database(temporary.file, { readonly: true });
  try {
    const rows = db.prepare("select event, outcome from audit_events order by at_ms, id").all() as {
      event: string;
      outcome: string;
    }[];
    return rows.map(({ event, outcome }) => `${event} ${outcome}`);
  } finally {
    db.close();
  }
}

export interface AuthorizationRequest {
  readonly url: string;
  readonly verifier: string;
}

/** An authorization request with PKCE; `changes` replaces parameters, undefined removes them. */
export function authorizationRequest(
  changes: Readonly<Record<string, string | undefined>> = {},
): AuthorizationRequest {
  const verifier = randomBytes(32).toString("base64url");
  const parameters = {
    client_id: "pipit-cli",
    response_type: "code",
    redirect_uri: REDIRECT,
    scope: "openid api:read",
    state: "state-1",
    nonce: "nonce-1",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...changes,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return { url: `/oauth/authorize?${query.toString()}`, verifier };
}
