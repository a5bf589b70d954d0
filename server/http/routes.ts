import type { ServerContext } from "#server/context.ts";
import { healthRoute } from "./health.ts";
import { jwksRoute } from "./jwks.ts";
import { tokenRoute } from "./oauth/token.ts";
import { readyRoute } from "./ready.ts";
import type { Route } from "./route.ts";
import { chatsRoutes } from "./v1/chats.ts";
import { messagesRoute } from "./v1/messages.ts";
import { modelsRoute } from "./v1/models.ts";
import { searchRoute } from "./v1/search.ts";
import { statusRoute } from "./v1/status.ts";

/** All routes of the HTTP port besides the RPCs. */
export function createRoutes(context: ServerContext, isStopping: () => boolean): readonly Route[] {
  const { authenticate, models, logger, store } = context;
  const pingDatabase = (): Promise<void> => store.ping();
  return [
    healthRoute({ pingDatabase, logger }),
    readyRoute({ pingDatabase, isStopping }),
    jwksRoute(context.signingKeys),
    tokenRoute({
      ...context,
      localAccount: () => context.localAccount.ensure(),
      findAccount: (id) => store.accounts.findById(id),
    }),
    ...chatsRoutes({ chats: store.chats, authenticate }),
    messagesRoute({ chats: store.chats, turns: store.turns, authenticate }),
    searchRoute({ chats: store.chats, turns: store.turns, authenticate }),
    modelsRoute({ models, authenticate, startedAtMs: context.startedAtMs }),
    statusRoute({ models, speech: context.speech, setAside: store.setAside, authenticate }),
  ];
}
