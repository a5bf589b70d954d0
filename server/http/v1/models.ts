import { readerOrService } from "#server/domain/access/access.ts";
import { version } from "#contract/version.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import { route, type CallerRoute } from "../kit/route.ts";

/** `GET /v1/models`: who would answer now, in OpenAI's format. */
export function modelsRoute({ models, startedAtMs }: HttpContext): CallerRoute {
  return route("GET", "/v1/models", readerOrService, async (_request, _caller, reply) => {
    const status = await models.status(abortWithRequest(reply));
    return {
      object: "list",
      data: [
        {
          id: status.name,
          object: "model",
          created: Math.floor(startedAtMs / 1000),
          owned_by: "runtime",
          version_id: version,
        },
      ],
    };
  });
}
