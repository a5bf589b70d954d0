import type { FastifyRequest } from "fastify";
import { createKeyCheck } from "#server/domain/access/authenticate.ts";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import type { ServerConfig } from "#server/config/config.ts";
import type { ServerContext } from "#server/compose/context.ts";
import type { GrantType } from "#server/domain/tokens/ports.ts";
import { apiV1Routes } from "./api-v1/api-v1-routes.ts";
import { accountRoutes } from "./auth/account-routes.ts";
import { logoutRoute } from "./auth/logout.ts";
import { meRoute } from "./auth/me.ts";
import { sessionRoute } from "./auth/session.ts";
import { signInCodesRoute } from "./auth/sign-in-codes.ts";
import { signInRoute } from "./auth/sign-in.ts";
import { healthRoute } from "./probes/health.ts";
import { jwksRoute } from "./oauth/jwks.ts";
import { metricsRoute } from "./probes/metrics-route.ts";
import { createDeviceCookie } from "./auth/device-cookie.ts";
import { discoveryRoutes } from "./oauth/discovery.ts";
import { createOidc } from "./oauth/oidc/create-oidc.ts";
import { oauthRoutes } from "./oauth/oauth-routes.ts";
import { readyRoute } from "./probes/ready.ts";
import { createRequireBearer, createRequireCaller, type RequireCaller } from "./kit/require-caller.ts";
import type { Route } from "./kit/route.ts";
import type { Site } from "./kit/site.ts";
import { chatsRoutes } from "./v1/chats.ts";
import { messagesRoute } from "./v1/messages.ts";
import { modelsRoute } from "./v1/models.ts";
import { searchRoute } from "./v1/search.ts";
import { statusRoute } from "./v1/status.ts";
import { assetsRoute } from "./web/assets.ts";
import { pageRoute } from "./web/page.ts";
import { createWebBuildSource } from "./web/web-build.ts";

/** In the order of the discovery document. */
const offeredGrants: readonly GrantType[] = [
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "password",
  LOCAL_GRANT_TYPE,
];

/** What the routes need of the server around them. */
export interface RoutesDeps {
  readonly site: Site;
  /** Folder of the built page. */
  readonly webRoot: string;
  /** Where people find the page, once the port is open. */
  readonly pageUrl: () => string;
  readonly isStopping: () => boolean;
  readonly config: Pick<ServerConfig, "issuer" | "auth" | "trustedProxies">;
}

/** All routes of the HTTP port besides the RPCs. */
export function createRoutes(context: ServerContext, deps: RoutesDeps): readonly Route[] {
  const { models, logger, store } = context;
  const requireCaller = createRequireCaller(context.authenticate, deps.site);
  const requireReader = createRequireCaller(context.authenticate, deps.site, { scope: "api:read" });
  /** People, and services of the same house (X-Internal-Auth, client credentials). */
  const requireAnybody = createRequireCaller(context.authenticate, deps.site, {
    service: true,
    scope: "api:read",
  });
  const pingDatabase = (): Promise<void> => store.ping();
  return [
    healthRoute({ pingDatabase, redisStatus: context.redisStatus, logger }),
    readyRoute({ pingDatabase, isStopping: deps.isStopping }),
    jwksRoute(context.signingKeys),
    metricsRoute(context.metrics),
    ...identityRoutes(context, deps, requireCaller),
    ...authRoutes(context, deps, { requireCaller, requireReader }),
    ...apiV1Routes({
      ...context,
      auth: store.auth,
      requireBearer: createRequireBearer(context.authenticate),
      trustedProxies: deps.config.trustedProxies,
    }),
    ...chatsRoutes({ chats: store.chats, requireCaller: requireReader }),
    messagesRoute({ chats: store.chats, turns: store.turns, requireCaller: requireReader }),
    searchRoute({ chats: store.chats, turns: store.turns, requireCaller: requireReader }),
    modelsRoute({ models, requireCaller: requireAnybody, startedAtMs: context.startedAtMs }),
    statusRoute({ models, speech: context.speech, setAside: store.setAside, requireCaller: requireAnybody }),
    ...webRoutes(deps.webRoot, logger),
  ];
}

/** OAuth 2 and OpenID Connect: what programs ask, and the pages on which people decide. */
function identityRoutes(
  context: ServerContext,
  { config, site, pageUrl }: RoutesDeps,
  requireCaller: RequireCaller,
): readonly Route[] {
  const { clock, logger, store, webSessions } = context;
  const oidc = createOidc({
    ...context,
    issuer: config.issuer,
    baseUrl: pageUrl,
    auth: store.auth,
    payloads: store.oidcPayloads,
    keys: context.signingKeys,
    session: { webSessions, accounts: store.accounts, site, clock, logger },
    deviceCookie: createDeviceCookie(site),
  });
  return [
    ...discoveryRoutes({ issuer: config.issuer, baseUrl: pageUrl, grantTypes: offeredGrants }),
    ...oidc.routes,
    ...oauthRoutes({
      ...context,
      auth: store.auth,
      localAccount: () => context.localAccount.ensure(),
      redeemer: oidc,
      requireCaller,
      isInternal: isInternalOf(config.auth.internalAuthKey),
    }),
  ];
}

function isInternalOf(key: string | undefined): (request: FastifyRequest) => boolean {
  const isKey = createKeyCheck(key);
  return ({ headers }) => {
    const given = headers["x-internal-auth"];
    return isKey !== undefined && typeof given === "string" && isKey(given);
  };
}

function authRoutes(
  context: ServerContext,
  { config, site, pageUrl }: RoutesDeps,
  { requireCaller, requireReader }: Readonly<Record<"requireCaller" | "requireReader", RequireCaller>>,
): readonly Route[] {
  const { authenticate, clock, limits, logger, signInCodes, store, webSessions } = context;
  const requireBearer = createRequireBearer(authenticate);
  const starting = { webSessions, accounts: store.accounts, site, clock, logger };
  return [
    signInRoute({ ...starting, signInCodes, limits }),
    sessionRoute({ ...starting, requireBearer }),
    meRoute({ requireCaller: requireReader, accounts: store.accounts }),
    ...accountRoutes({
      ...starting,
      ...context,
      accounts: store.accounts,
      accountService: context.accounts,
      registrationOpen: config.auth.registrationOpen,
      requireCaller,
    }),
    logoutRoute({ auth: store.auth, sessions: context.sessions, requireBearer, site, logger }),
    signInCodesRoute({ signInCodes, requireBearer, pageUrl }),
  ];
}

function webRoutes(root: string, logger: ServerContext["logger"]): readonly Route[] {
  const build = createWebBuildSource({ root, logger });
  return [pageRoute(build), assetsRoute(build)];
}
