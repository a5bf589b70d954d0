import type { FastifyInstance } from "fastify";
import type { HttpMetrics } from "#server/observe/metrics.ts";

/** Counts every request of `app` under its route's pattern; to be called before routes are added. */
export function measureRequests(app: FastifyInstance, metrics: HttpMetrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    metrics.httpRequest(
      request.is404 ? undefined : request.routeOptions.url,
      reply.statusCode,
      reply.elapsedTime,
    );
    done();
  });
}
