import { AsyncLocalStorage } from "node:async_hooks";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Rate } from "#server/domain/limits/attempt-limits.ts";

/** `X-RateLimit-*` on every answer to a request that was counted, whatever it answers and whichever limit counted. */
export type RateHeaders = ReturnType<typeof createRateHeaders>;

export function createRateHeaders() {
  const replies = new AsyncLocalStorage<FastifyReply>();
  return {
    /** What is left, for the answer to the request that is being served; outside of one it does nothing. */
    note({ limit, remaining, resetAfterMs }: Rate): void {
      replies.getStore()?.headers({
        "x-ratelimit-limit": String(limit),
        "x-ratelimit-remaining": String(remaining),
        "x-ratelimit-reset": String(Math.ceil(resetAfterMs / 1000)),
      });
    },
    /** To be called before routes are added, after other hooks. */
    addTo(app: FastifyInstance): void {
      app.addHook("preHandler", (_request, reply, done) => replies.run(reply, done));
    },
  };
}
