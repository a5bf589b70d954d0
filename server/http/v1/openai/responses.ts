import { randomUUID } from "node:crypto";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { writer } from "#server/domain/access/access.ts";
import type { Completions } from "#server/domain/assistant/completions.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { answerSignal } from "../../kit/request-signal.ts";
import { route, type CallerRoute } from "../../kit/route.ts";
import { holdPlace, sendEvents, SILENCE_MAX_MS } from "./answering.ts";
import { collect } from "./completion-shape.ts";
import { readResponseRequest } from "./response-request.ts";
import { responseShape } from "./response-shape.ts";

/** `POST /v1/responses`: the same answers in the form of Open Responses. None is kept. */
export function responsesRoute(ctx: HttpContext, completions: Completions): CallerRoute {
  return route(
    "POST",
    "/v1/responses",
    writer,
    async (request, caller, reply) => {
      const { stream, given, ...asked } = readResponseRequest(request);
      request.body = undefined;
      holdPlace(ctx, request, reply, caller);
      const patienceMs = stream ? SILENCE_MAX_MS : undefined;
      const answer = await completions.begin(asked, caller, answerSignal(ctx, reply, caller), patienceMs);
      const now = (): number => Math.floor(ctx.clock.nowMs() / 1000);
      const head = {
        id: `resp_${randomUUID()}`,
        created: now(),
        model: answer.model ?? "pipit",
      };
      const shape = responseShape(head, given, now);
      if (!stream) return shape.whole(await collect(answer));
      return sendEvents(ctx, reply, answer.events, shape);
    },
    { maxBytes: MESSAGE_MAX_BYTES },
  );
}
