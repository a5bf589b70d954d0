import { AsyncLocalStorage } from "node:async_hooks";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Rate } from "#server/domain/limits/attempt-limits.ts";

/** `X-RateLimit-*` on every answer to a request that was counted, whatever it answers and whichever limit counted. */
export interface RateHeaders {
  /** What is left, for the answer to the request that is being served; outside of one it does nothing. */
  note(rate: Rate): void;
  /** To be called before routes are added, after other hooks. */
  addTo(app: FastifyInstance): void;
}

export function createRateHeaders(): RateHeaders {
  const replies = new AsyncLocalStorage<FastifyReply>();
  return {
    note({ limit, remaining, resetAfterMs }) {
      replies.getStore()?.headers({
        "x-ratelimit-limit": String(limit),
        "x-ratelimit-remaining": String(remaining),
        "x-ratelimit-reset": String(Math.ceil(resetAfterMs / 1000)),
      });
    },
    addTo(app) {
      app.addHook("preHandler", (_request, reply, done) => replies.run(reply, done));
    },
  };
}
