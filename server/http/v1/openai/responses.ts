import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { writer } from "#server/domain/access/access.ts";
import type { Completions } from "#server/domain/assistant/completions.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { route, type CallerRoute } from "../../kit/route.ts";
import { answerSignal, holdPlace, writtenEvents } from "./answering.ts";
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
      const answer = await completions.begin(asked, caller, answerSignal(ctx, reply, caller));
      const now = (): number => Math.floor(ctx.clock.nowMs() / 1000);
      const head = {
        id: `resp_${randomUUID()}`,
        created: now(),
        model: answer.model ?? "pipit",
      };
      const shape = responseShape(head, given, now);
      if (!stream) return shape.whole(await collect(answer));
      reply.header("content-type", "text/event-stream; charset=utf-8").header("cache-control", "no-cache");
      return Readable.from(writtenEvents(ctx, answer.events, shape));
    },
    { maxBytes: MESSAGE_MAX_BYTES },
  );
}
