import type { ModelSource } from "#server/domain/assistant/ports.ts";
import type { SpeechService } from "#server/domain/speech/ports.ts";
import { version } from "#contract/version.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";

export interface StatusRouteDeps {
  readonly models: ModelSource;
  readonly speech: SpeechService;
  /** Where a damaged database was kept, if there was one. */
  readonly setAside: string | undefined;
  readonly requireCaller: RequireCaller;
}

/** `GET /v1/status`: how each part of the server does, for `pipit doctor`. */
export function statusRoute(deps: StatusRouteDeps): Route {
  return {
    method: "GET",
    path: "/v1/status",
    async handler(request, reply) {
      await deps.requireCaller(request);
      const signal = abortWithRequest(reply);
      const [model, voice] = await Promise.all([deps.models.status(signal), deps.speech.status(signal)]);
      return {
        version,
        model,
        voice,
        store: deps.setAside === undefined ? {} : { setAside: deps.setAside },
      };
    },
  };
}
