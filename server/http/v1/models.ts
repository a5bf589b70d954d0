import type { ModelSource } from "#server/domain/assistant/ports.ts";
import { version } from "#contract/version.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";

export interface ModelsRouteDeps {
  readonly models: ModelSource;
  readonly requireCaller: RequireCaller;
  /** When this server started, for `created`. */
  readonly startedAtMs: number;
}

/** `GET /v1/models`: who would answer now, in OpenAI's format. */
export function modelsRoute(deps: ModelsRouteDeps): Route {
  return {
    method: "GET",
    path: "/v1/models",
    async handler(request, reply) {
      await deps.requireCaller(request);
      const status = await deps.models.status(abortWithRequest(reply));
      return {
        object: "list",
        data: [
          {
            id: status.name,
            object: "model",
            created: Math.floor(deps.startedAtMs / 1000),
            owned_by: "runtime",
            version_id: version,
          },
        ],
      };
    },
  };
}
