import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import { serveParent } from "./child-program.ts";
import type { TokenServer } from "./token-server.ts";

/** Its adapter keeps 1,000 things, so there must be far fewer sessions than that. */
const sessions = 64;
const scope = "api:read api:write";
const resource = "urn:pipit:bench";
const accountId = "bench-account";
const secret = "bench-service-secret-bench-service-secret";
const monthSeconds = 30 * 24 * 60 * 60;

/**
 * The least that gives the same tokens: oidc-provider by itself with the adapter it comes with, in memory; refresh tokens
 * are rotated, access tokens are JWTs by RS256. No database, no audit, no limits.
 */
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const server = createServer((request, response) => void handle(request, response));
server.listen(0, "127.0.0.1");
await once(server, "listening");
const httpUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const provider = new Provider(httpUrl, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "bench" }] },
  clients: [
    {
      client_id: "bench-app",
      application_type: "native",
      token_endpoint_auth_method: "none",
      redirect_uris: ["http://127.0.0.1/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      scope,
    },
    {
      client_id: "bench-service",
      client_secret: secret,
      redirect_uris: [],
      response_types: [],
      grant_types: ["client_credentials"],
      scope,
    },
  ],
  // Without offline_access it has no refresh tokens at all.
  scopes: ["offline_access", ...scope.split(" ")],
  rotateRefreshToken: true,
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: { RefreshToken: monthSeconds, Grant: monthSeconds, AccessToken: 900, ClientCredentials: 900 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope,
        audience: "pipit",
        accessTokenTTL: 900,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
const handle = provider.callback();

async function startSession(): Promise<string> {
  const client = await provider.Client.find("bench-app");
  if (client === undefined) throw new Error("The provider does not know its own client.");
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addResourceScope(resource, scope);
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    client,
    accountId,
    grantId,
    scope,
    resource,
    gty: "authorization_code",
    authTime: Math.floor(Date.now() / 1000),
    claims: {},
  });
  return token.save();
}

await serveParent<TokenServer>({
  httpUrl,
  tokenPath: "/token",
  jwksPath: "/jwks",
  appId: "bench-app",
  service: { clientId: "bench-service", secret },
  refreshTokens: await Promise.all(Array.from({ length: sessions }, startSession)),
});
server.closeAllConnections();
server.close();
