import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { limitRules } from "#server/domain/limits/rules.ts";
import type { Rate } from "#server/domain/limits/attempt-limits.ts";
import { HttpError, toErrorAnswer } from "../kit/http-error.ts";
import { readParameters } from "../kit/query.ts";
import type { Route } from "../kit/route.ts";

/**
 * A handler whose refusals also have the original's field `detail` (wire-facts §5.1), and X-RateLimit-* where there were
 * too many attempts. Faults of the server are not for it.
 */
export function accountHandler(handler: Route["handler"]): Route["handler"] {
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

/** Checks a JSON body. Throws INVALID_REQUEST naming the field; 415 for a body of another kind, which has no fields. */
export function readBody<Value>(schema: z.ZodType<Value>, request: FastifyRequest): Value {
  const { body } = request;
  if (body instanceof URLSearchParams) throw notJson();
  if (body === undefined || body === null) return readParameters(schema, {});
  if (typeof body !== "object" || Array.isArray(body)) throw notJson();
  return readParameters(schema, body);
}

function notJson(): HttpError {
  return new HttpError(415, "The body must be a JSON object (application/json).");
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
