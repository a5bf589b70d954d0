import { CLI_CLIENT_ID, DESKTOP_CLIENT_ID, LOCAL_GRANT_TYPE, WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { ACCESS_TOKEN_TTL_SECONDS } from "./access-tokens.ts";
import type { OauthClient } from "./ports.ts";
import { FULL_SCOPE } from "./scopes.ts";

/** A client that a server has from its first start. */
export type ClientDefinition = Omit<OauthClient, "secretHash" | "active" | "createdAtMs" | "updatedAtMs">;

const DAY_SECONDS = 24 * 60 * 60;
const PERSON_SCOPE = `${FULL_SCOPE} openid profile email offline_access`;
/** RFC 8252 §7.3: at whatever port the program listens. */
const loopbackUris = ["http://127.0.0.1/callback", "http://[::1]/callback"];

/** Lifetimes of a client that asks for no others. */
export const usualLifetimes = {
  accessTtlSeconds: ACCESS_TOKEN_TTL_SECONDS,
  refreshTtlSeconds: 30 * DAY_SECONDS,
  refreshAbsoluteSeconds: 180 * DAY_SECONDS,
  refreshGraceMs: 15 * 60 * 1000,
} as const;

const ours = {
  confidential: false,
  firstParty: true,
  postLogoutRedirectUris: [],
  tokenAlgorithm: "RS256",
  ...usualLifetimes,
} as const satisfies Partial<ClientDefinition>;

const native = {
  ...ours,
  applicationType: "native",
  redirectUris: loopbackUris,
  postLogoutRedirectUris: loopbackUris,
  grantTypes: [
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    LOCAL_GRANT_TYPE,
    "password",
  ],
  scope: PERSON_SCOPE,
  allowPasswordGrant: true,
} as const satisfies Partial<ClientDefinition>;

/** Our own programs (docs/reference/oauth.md). */
export const builtInClients: readonly ClientDefinition[] = [
  { ...native, clientId: DESKTOP_CLIENT_ID, name: "Pipit" },
  { ...native, clientId: CLI_CLIENT_ID, name: "Pipit in the terminal" },
  {
    ...ours,
    clientId: WEB_CLIENT_ID,
    name: "Pipit in the browser",
    applicationType: "web",
    redirectUris: [],
    grantTypes: ["refresh_token", LOCAL_GRANT_TYPE],
    scope: PERSON_SCOPE,
    allowPasswordGrant: false,
  },
];

/** The clients of the original auth service, for programs that were made for it (PIPIT_SEED_COMPAT_CLIENTS). */
export const compatClients: readonly ClientDefinition[] = [
  {
    ...ours,
    clientId: "codelab-flutter-app",
    name: "CodeLab",
    applicationType: "native",
    redirectUris: [],
    grantTypes: ["password", "refresh_token"],
    scope: FULL_SCOPE,
    allowPasswordGrant: true,
  },
  {
    ...ours,
    clientId: "codelab-internal",
    name: "CodeLab services",
    confidential: true,
    applicationType: "web",
    redirectUris: [],
    grantTypes: ["client_credentials"],
    scope: "api:admin api:read api:write",
    allowPasswordGrant: false,
    accessTtlSeconds: 3_600,
    refreshTtlSeconds: 90 * DAY_SECONDS,
  },
];

/** True for a client of the original auth service. */
export function isCompatClient(clientId: string | undefined): boolean {
  return compatClients.some((client) => client.clientId === clientId);
}
