import type { FastifyRequest } from "fastify";
import { createKeyCheck } from "#server/authenticate.ts";
import type { ServerContext } from "#server/context.ts";
import { accountRoutes } from "./auth/account-routes.ts";
import { logoutRoute } from "./auth/logout.ts";
import { meRoute } from "./auth/me.ts";
import { sessionRoute } from "./auth/session.ts";
import { signInCodesRoute } from "./auth/sign-in-codes.ts";
import { signInRoute } from "./auth/sign-in.ts";
import { healthRoute } from "./health.ts";
import { jwksRoute } from "./jwks.ts";
import { metricsRoute } from "./metrics-route.ts";
import { oauthRoutes } from "./oauth/oauth-routes.ts";
import { readyRoute } from "./ready.ts";
import { createRequireBearer, createRequireCaller, type RequireCaller } from "./require-caller.ts";
import type { Route } from "./route.ts";
import type { Site } from "./site.ts";
import { chatsRoutes } from "./v1/chats.ts";
import { messagesRoute } from "./v1/messages.ts";
import { modelsRoute } from "./v1/models.ts";
import { searchRoute } from "./v1/search.ts";
import { statusRoute } from "./v1/status.ts";
import { assetsRoute } from "./web/assets.ts";
import { pageRoute } from "./web/page.ts";
import { createWebBuildSource } from "./web/web-build.ts";

/** What the routes need of the server around them. */
export interface RoutesDeps {
  readonly site: Site;
  /** Folder of the built page. */
  readonly webRoot: string;
  /** Where people find the page, once the port is open. */
  readonly pageUrl: () => string;
  readonly isStopping: () => boolean;
  /** What `X-Internal-Auth` must hold (contracts §3). */
  readonly internalAuthKey: string | undefined;
}

/** All routes of the HTTP port besides the RPCs. */
export function createRoutes(context: ServerContext, deps: RoutesDeps): readonly Route[] {
  const { models, logger, store } = context;
  const requireCaller = createRequireCaller(context.authenticate, deps.site);
  const pingDatabase = (): Promise<void> => store.ping();
  return [
    healthRoute({ pingDatabase, redisStatus: context.redisStatus, logger }),
    readyRoute({ pingDatabase, isStopping: deps.isStopping }),
    jwksRoute(context.signingKeys),
    metricsRoute(context.metrics),
    ...oauthRoutes({
      ...context,
      auth: store.auth,
      localAccount: () => context.localAccount.ensure(),
      redeemer: undefined,
      requireCaller,
      isInternal: isInternalOf(deps.internalAuthKey),
    }),
    ...authRoutes(context, deps, requireCaller),
    ...chatsRoutes({ chats: store.chats, requireCaller }),
    messagesRoute({ chats: store.chats, turns: store.turns, requireCaller }),
    searchRoute({ chats: store.chats, turns: store.turns, requireCaller }),
    modelsRoute({ models, requireCaller, startedAtMs: context.startedAtMs }),
    statusRoute({ models, speech: context.speech, setAside: store.setAside, requireCaller }),
    ...webRoutes(deps.webRoot, logger),
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
  { site, pageUrl }: RoutesDeps,
  requireCaller: RequireCaller,
): readonly Route[] {
  const { authenticate, clock, limits, logger, signInCodes, store, webSessions } = context;
  const requireBearer = createRequireBearer(authenticate);
  const starting = { webSessions, accounts: store.accounts, site, clock, logger };
  return [
    signInRoute({ ...starting, signInCodes, limits }),
    sessionRoute({ ...starting, requireBearer }),
    meRoute({ requireCaller, accounts: store.accounts }),
    ...accountRoutes({
      ...starting,
      ...context,
      accounts: store.accounts,
      accountService: context.accounts,
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
