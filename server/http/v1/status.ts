import { readerOrService } from "#server/domain/access/access.ts";
import { version } from "#contract/build/version.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { isOperator } from "../kit/operator.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import { route, type CallerRoute } from "../kit/route.ts";

/**
 * `GET /v1/status`: how each part of the server does, for `pipit doctor`. Addresses and paths of the server's own network
 * and disk are told to admins, and to the local account, whose machine it is.
 */
export function statusRoute(ctx: HttpContext): CallerRoute {
  const { models, speech, store } = ctx;
  return route("GET", "/v1/status", readerOrService, async (_request, caller, reply) => {
    const signal = abortWithRequest(reply);
    const [model, voice, operates] = await Promise.all([
      models.status(signal),
      speech.status(signal),
      isOperator(ctx, caller),
    ]);
    if (!operates) return { version, model: hidden(model), voice: hidden(voice), store: {} };
    return {
      version,
      model,
      voice,
      store: store.setAside === undefined ? {} : { setAside: store.setAside },
    };
  });
}

/** What is told to everybody: the part works or not. */
function hidden<Status extends { readonly detail: string }>(status: Status): Status {
  return { ...status, detail: "The operator of this server can see more." };
}
