import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { createHash, randomBytes } from "node:crypto";
import { createClientAddress, peerKeyOf } from "#server/net/client-address.ts";
import { createCorrelation } from "#server/observe/correlation.ts";
import { createRefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import { createAccountServices, type AccountServices } from "#server/compose/account-services.ts";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import type { Account } from "#server/domain/accounts/ports.ts";
import { createWebSessions, type WebSessions } from "#server/domain/accounts/web-sessions.ts";
import { createAttemptLimits, type AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { builtInClients } from "#server/domain/tokens/built-in-clients.ts";
import {
  createClients,
  type ClientRegistration,
  type Clients,
  type RegisteredClient,
} from "#server/domain/tokens/clients.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { createSigningKeys } from "#server/domain/tokens/signing-keys.ts";
import { databases, type DatabaseStore, type TestDatabase } from "#server/testing/databases.ts";
import { openGate } from "#server/testing/open-gate.ts";
import { createHealthService } from "#server/rpc/health.ts";
import { startHttpServer } from "#server/http/http-server.ts";
import { createRateHeaders } from "#server/http/kit/rate-headers.ts";
import { createSite } from "#server/http/kit/site.ts";
import { createOidc, type Oidc } from "#server/http/oauth/oidc/create-oidc.ts";
import type { RedeemedCode } from "#server/http/oauth/grants/code-redeemer.ts";
import { createFormBrowser, type FormBrowser } from "./form-browser.ts";

export const PASSWORD = "Correct-horse-1";
export const ISSUER = "https://id.example";
export const REDIRECT = "http://127.0.0.1:54321/callback";

export const THIRD_PARTY_REDIRECT = "https://notes.example/callback";

/** The interactive part on the real HTTP port, with real stores, keys, clients and passwords. */
export interface OidcStage extends AsyncDisposable {
  readonly oidc: Oidc;
  readonly temporary: DatabaseStore;
  readonly clients: Clients;
  readonly webSessions: WebSessions;
  readonly services: AccountServices;
  readonly origin: string;
  register(login: string): Promise<Account>;
  browser(): FormBrowser;
  client(id: string): Promise<OauthClient>;
  /** A third party's web application. */
  thirdParty(change?: Partial<ClientRegistration>): Promise<RegisteredClient>;
  /** A native client of ours by a browser that has just signed in: the code, and what redeems it. */
  approve(
    browser: FormBrowser,
    login: string,
    changes?: Readonly<Record<string, string | undefined>>,
  ): Promise<Approval>;
  /** A sign-in by what was redeemed, as the token endpoint makes it, without a session. */
  enter(redeemed: RedeemedCode): Promise<unknown>;
  audited(): Promise<string[]>;
}

/** What an application has after a person approved. */
interface Approval {
  readonly code: string;
  readonly client: OauthClient;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

const masterKey: MasterKey = { derive: (purpose) => createHash("sha256").update(purpose).digest() };
/** A third party's. */
const notesApp: ClientRegistration = {
  clientId: "notes-app",
  name: "Notes & <Co>",
  confidential: true,
  applicationType: "web",
  redirectUris: [THIRD_PARTY_REDIRECT],
  postLogoutRedirectUris: ["https://notes.example/bye"],
  grantTypes: ["authorization_code", "refresh_token"],
  scope: "openid profile api:read",
};
const testOrigin = { ip: "192.0.2.1", userAgent: "test", correlationId: "c-1" };

/** @example await using stage = await openOidcStage(); */
export async function openOidcStage(database: TestDatabase | undefined = databases[0]): Promise<OidcStage> {
  if (database === undefined) throw new Error("No database to test on");
  await using opening = new AsyncDisposableStack();
  const temporary = opening.use(await database.open());
  const { store, clock } = temporary;
  // The library's records end by the system's clock.
  clock.advance(Date.now() - clock.nowMs());
  const clients = createClients({ bus: createMemoryBus(), auth: store.auth, clock });
  await clients.seed(builtInClients);
  const limits = createAttemptLimits({ counters: store.counters, clock });
  const services = createServices(temporary, limits);
  const webSessions = createWebSessions(store.auth, clock);
  const { oidc, origin, close } = await listen({ temporary, clients, limits, services, webSessions });
  opening.defer(close);
  const client = async (id: string): Promise<OauthClient> => {
    const found = await clients.find(id);
    if (found === undefined) throw new Error(`No client ${id}`);
    return found;
  };
  const opened = opening.move();
  return {
    oidc,
    temporary,
    clients,
    webSessions,
    services,
    origin,
    client,
    register: (login) => services.accounts.register({ login, password: PASSWORD }, testOrigin),
    browser: () => createFormBrowser(origin),
    thirdParty: (change = {}) => clients.register({ ...notesApp, ...change }, testOrigin),
    async approve(browser, login, changes) {
      const { url, verifier } = authorizationRequest(changes);
      const page = await browser.open(url);
      const left = browser.leftTo(await browser.send(page, { login, password: PASSWORD }));
      return {
        code: left.searchParams.get("code") ?? "",
        client: await client(changes?.["client_id"] ?? "pipit-cli"),
        redirectUri: changes?.["redirect_uri"] ?? REDIRECT,
        codeVerifier: verifier,
      };
    },
    enter: ({ amr = ["pwd"], ...redeemed }) =>
      services.signIn.byEarlierProof({ ...redeemed, amr }, async () => undefined, testOrigin),
    async audited() {
      const rows = await temporary.query("select event, outcome from audit_events order by at_ms, id");
      return rows.map(({ event, outcome }) => `${event} ${outcome}`);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function createServices({ store, clock }: DatabaseStore, limits: AttemptLimits): AccountServices {
  return createAccountServices({
    auth: store.auth,
    masterKey,
    clock,
    limits,
    networkOf: peerKeyOf,
    refusals: createRefusalAudit({ audit: store.auth.audit, clock }),
    hasher: createPasswordHasher(),
    guard: { forget: () => undefined },
  });
}

interface ListenParts extends Pick<OidcStage, "temporary" | "clients" | "services" | "webSessions"> {
  readonly limits: AttemptLimits;
}

async function listen({ temporary, clients, limits, services, webSessions }: ListenParts) {
  const { store, clock, logger } = temporary;
  const site = createSite({ host: "127.0.0.1", port: 0 }, undefined);
  let origin = "http://127.0.0.1";
  const oidc = createOidc({
    config: { issuer: ISSUER },
    pageUrl: () => origin,
    store,
    clients,
    signingKeys: await createSigningKeys({ store: store.auth.signingKeys, masterKey, clock }),
    masterKey,
    signIn: services.signIn,
    limits,
    webSessions,
    site,
    clock,
    logger,
  });
  const port = await startHttpServer(
    { host: "127.0.0.1", port: 0 },
    {
      rpc: {
        services: [],
        options: {},
        routes: () => () => undefined,
        health: createHealthService([], () => true),
      },
      routes: oidc.routes,
      gate: openGate,
      site,
      correlation: createCorrelation(),
      clientAddressOf: createClientAddress([]),
      rates: createRateHeaders(),
      metrics: { httpRequest: () => undefined, errorTold: () => undefined },
      accessLog: undefined,
      logger,
      isStopping: () => false,
    },
  );
  origin = `http://127.0.0.1:${port.address.port}`;
  const close = async (): Promise<void> => {
    port.destroy();
    await port.close();
  };
  return { oidc, origin, close };
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
