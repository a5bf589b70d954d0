import type { OauthClient } from "#server/domain/tokens/ports.ts";

/** A third-party client with a secret, for tests. */
export function clientOf(given: Partial<OauthClient> = {}): OauthClient {
  return {
    clientId: "c1",
    name: "Client Ж",
    secretHash: "secret-hash",
    confidential: true,
    firstParty: false,
    applicationType: "web",
    redirectUris: ["https://a.example/cb", 'https://b.example/cb?x="y"'],
    postLogoutRedirectUris: ["https://a.example/"],
    grantTypes: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    scope: "api:read openid",
    allowPasswordGrant: false,
    tokenAlgorithm: "ES256",
    accessTtlSeconds: 600,
    refreshTtlSeconds: 3600,
    refreshAbsoluteSeconds: 86_400,
    refreshGraceMs: 0,
    active: true,
    createdAtMs: 1,
    updatedAtMs: 2,
    ...given,
  };
}
