import { randomUUID } from "node:crypto";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { writer } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Completions } from "#server/domain/assistant/completions.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { answerSignal } from "../../kit/request-signal.ts";
import { route, type CallerRoute } from "../../kit/route.ts";
import { holdPlace, sendEvents, SILENCE_MAX_MS } from "./answering.ts";
import { collect, openAiShape, type CompletionShape } from "./completion-shape.ts";
import { readCompletion } from "./completion-request.ts";
import { seedShape } from "./seed-shape.ts";

/**
 * `POST /v1/chat/completions`: a chat completion of the OpenAI API, streamed or not. `chat_id`, `store` and
 * `search_all_chats` are ours: without the first two nothing is kept.
 */
export function completionsRoute(ctx: HttpContext, completions: Completions): CallerRoute {
  return route(
    "POST",
    "/v1/chat/completions",
    writer,
    async (request, caller, reply) => {
      const { stream, includeUsage, ...asked } = readCompletion(request);
      // Pictures and long chats are large, and the answer may take long.
      request.body = undefined;
      holdPlace(ctx, request, reply, caller);
      const patienceMs = stream ? SILENCE_MAX_MS : undefined;
      const answer = await completions.begin(asked, caller, answerSignal(ctx, reply, caller), patienceMs);
      const head = {
        id: answer.chatId ?? `chatcmpl-${randomUUID()}`,
        created: Math.floor(ctx.clock.nowMs() / 1000),
        model: answer.model ?? "pipit",
      };
      const shape: CompletionShape = isOfOriginal(ctx, caller)
        ? seedShape(head)
        : openAiShape({ ...head, id: `chatcmpl-${randomUUID()}` }, includeUsage);
      if (answer.chatId !== undefined) reply.header("x-session-id", answer.chatId);
      if (!stream) return shape.whole(await collect(answer));
      return sendEvents(ctx, reply, answer.events, shape);
    },
    { maxBytes: MESSAGE_MAX_BYTES },
  );
}

/** The page of the original server is known by its cookie; clients of the OpenAI API have a token or a key. */
function isOfOriginal({ config }: HttpContext, { webSessionId }: Caller): boolean {
  return config.auth.seedCompatClients && webSessionId !== undefined;
}
