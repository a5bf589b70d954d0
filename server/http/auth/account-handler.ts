import type { FastifyReply } from "fastify";
import { limitRules } from "#server/domain/limits/rules.ts";
import type { Rate } from "#server/domain/limits/attempt-limits.ts";
import { toErrorAnswer } from "../kit/http-error.ts";
import type { OpenRoute } from "../kit/route.ts";

/**
 * A handler whose refusals also have the original's field `detail` (wire-facts §5.1), and X-RateLimit-* where there were
 * too many attempts. Faults of the server are not for it.
 */
export function accountHandler(handler: OpenRoute["handle"]): OpenRoute["handle"] {
  return async (request, reply) => {
    try {
      return await handler(request, reply);
    } catch (reason) {
      const { status, body, retryAfterMs, internal } = toErrorAnswer(reason);
      if (internal && status !== 503) throw reason;
      // RFC 6750 §3: how to authenticate.
      if (status === 401) reply.header("www-authenticate", 'Bearer realm="pipit"');
      if (retryAfterMs !== undefined) reply.header("retry-after", String(secondsOf(retryAfterMs)));
      if (status === 429) setRate(reply, exhausted(retryAfterMs ?? 0));
      reply.code(status);
      return { ...body, detail: body.error.message };
    }
  };
}

/** How many attempts are left, and when there will be more again. */
export function setRate(reply: FastifyReply, { limit, remaining, resetAfterMs }: Rate): void {
  reply.headers({
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(secondsOf(resetAfterMs)),
  });
}

/** The error does not say which limit it was; one that ends within a minute is the network's. */
function exhausted(retryAfterMs: number): Rate {
  const { ip, username } = limitRules;
  const limit = retryAfterMs <= ip.windowMs ? ip.max : username.max;
  return { limit, remaining: 0, resetAfterMs: retryAfterMs };
}

function secondsOf(durationMs: number): number {
  return Math.ceil(durationMs / 1000);
}
