import { apiEventsBatchRoute } from "./api-v1/events-batch.ts";
import { apiTokenRefreshRoute, apiTokenRoute } from "./api-v1/token.ts";
import { apiWsTokenRoute } from "./api-v1/ws-token.ts";
import { browsersRoutes } from "./auth/browsers.ts";
import { exportRoute } from "./auth/export.ts";
import { logoutRoute } from "./auth/logout.ts";
import { ownAccountRoutes } from "./auth/own-account.ts";
import { passwordSignInRoutes } from "./auth/password-sign-in.ts";
import { programSignInRoutes } from "./auth/program-sign-in.ts";
import { changesRoute } from "./events/changes-route.ts";
import { eventsRoute } from "./events/events-route.ts";
import type { HttpContext } from "./kit/http-context.ts";
import type { Route } from "./kit/route.ts";
import { oauthRoutes } from "./oauth/oauth-routes.ts";
import { healthRoute, readyRoute } from "./probes/health.ts";
import { metricsRoute } from "./probes/metrics-route.ts";
import { apiKeysRoutes } from "./v1/api-keys.ts";
import { chatsRoutes } from "./v1/chats.ts";
import { chatExportRoutes } from "./v1/export/export-routes.ts";
import { chatImportRoute } from "./v1/import/import-routes.ts";
import { memoriesRoutes } from "./v1/memories.ts";
import { messagesRoutes } from "./v1/messages.ts";
import { modelConnectionRoutes } from "./v1/model-connection.ts";
import { modelsRoutes } from "./v1/models.ts";
import { openAiRoutes } from "./v1/openai/openai-routes.ts";
import { projectsRoutes } from "./v1/projects.ts";
import { searchRoute } from "./v1/search.ts";
import { statusRoute } from "./v1/status.ts";
import { usageRoute } from "./v1/usage.ts";
import { pageRoutes } from "./web/page.ts";

/** All routes of the HTTP port besides the RPCs, each with who may ask. */
export function createRoutes(ctx: HttpContext): readonly Route[] {
  return [
    healthRoute(ctx),
    readyRoute(ctx),
    metricsRoute(ctx),
    ...oauthRoutes(ctx),
    ...passwordSignInRoutes(ctx),
    logoutRoute(ctx),
    ...programSignInRoutes(ctx),
    ...ownAccountRoutes(ctx),
    ...browsersRoutes(ctx),
    exportRoute(ctx),
    apiTokenRoute(ctx),
    apiTokenRefreshRoute(ctx),
    apiWsTokenRoute(ctx),
    apiEventsBatchRoute(ctx),
    eventsRoute(ctx),
    changesRoute(ctx),
    ...apiKeysRoutes(ctx),
    ...chatsRoutes(ctx),
    ...chatExportRoutes(ctx),
    chatImportRoute(ctx),
    ...messagesRoutes(ctx),
    ...memoriesRoutes(ctx),
    ...projectsRoutes(ctx),
    searchRoute(ctx),
    ...modelsRoutes(ctx),
    ...openAiRoutes(ctx),
    ...modelConnectionRoutes(ctx),
    usageRoute(ctx),
    statusRoute(ctx),
    ...pageRoutes(ctx),
  ];
}
