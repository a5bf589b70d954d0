import { readerOrService } from "#server/domain/access/access.ts";
import { version } from "#contract/version.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import type { CallerRoute } from "../kit/route.ts";

/** `GET /v1/status`: how each part of the server does, for `pipit doctor`. */
export function statusRoute({ models, speech, store }: HttpContext): CallerRoute {
  return {
    method: "GET",
    path: "/v1/status",
    access: readerOrService,
    async handle(_request, _caller, reply) {
      const signal = abortWithRequest(reply);
      const [model, voice] = await Promise.all([models.status(signal), speech.status(signal)]);
      return {
        version,
        model,
        voice,
        store: store.setAside === undefined ? {} : { setAside: store.setAside },
      };
    },
  };
}
