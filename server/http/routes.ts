import type { ServerContext } from "#server/context.ts";
import { createAttemptLimit } from "#server/domain/accounts/attempt-limit.ts";
import { logoutRoute } from "./auth/logout.ts";
import { meRoute } from "./auth/me.ts";
import { sessionRoute } from "./auth/session.ts";
import { signInCodesRoute } from "./auth/sign-in-codes.ts";
import { signInRoute } from "./auth/sign-in.ts";
import { healthRoute } from "./health.ts";
import { jwksRoute } from "./jwks.ts";
import { tokenRoute } from "./oauth/token.ts";
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

/** Wrong sign-in codes that one peer may try in a minute. */
const SIGN_IN_FAILURES = { maxFailures: 20, windowMs: 60_000 } as const;

/** What the routes need of the server around them. */
export interface RoutesDeps {
  readonly site: Site;
  /** Folder of the built page. */
  readonly webRoot: string;
  /** Where people find the page, once the port is open. */
  readonly pageUrl: () => string;
  readonly isStopping: () => boolean;
}

/** All routes of the HTTP port besides the RPCs. */
export function createRoutes(context: ServerContext, deps: RoutesDeps): readonly Route[] {
  const { models, logger, store } = context;
  const requireCaller = createRequireCaller(context.authenticate, deps.site);
  const pingDatabase = (): Promise<void> => store.ping();
  return [
    healthRoute({ pingDatabase, logger }),
    readyRoute({ pingDatabase, isStopping: deps.isStopping }),
    jwksRoute(context.signingKeys),
    tokenRoute({
      ...context,
      localAccount: () => context.localAccount.ensure(),
      findAccount: (id) => store.accounts.findById(id),
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

function authRoutes(
  context: ServerContext,
  { site, pageUrl }: RoutesDeps,
  requireCaller: RequireCaller,
): readonly Route[] {
  const { authenticate, clock, logger, signInCodes, store, webSessions } = context;
  const requireBearer = createRequireBearer(authenticate);
  const starting = { webSessions, accounts: store.accounts, site, clock, logger };
  const signInLimit = createAttemptLimit({ ...SIGN_IN_FAILURES, clock });
  return [
    signInRoute({ ...starting, signInCodes, signInLimit }),
    sessionRoute({ ...starting, requireBearer }),
    meRoute({ requireCaller, accounts: store.accounts }),
    logoutRoute({ webSessions, site, logger }),
    signInCodesRoute({ signInCodes, requireBearer, pageUrl }),
  ];
}

function webRoutes(root: string, logger: ServerContext["logger"]): readonly Route[] {
  const build = createWebBuildSource({ root, logger });
  return [pageRoute(build), assetsRoute(build)];
}
