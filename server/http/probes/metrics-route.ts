import type { Metrics } from "#server/observe/metrics.ts";
import type { Route } from "../kit/route.ts";

/** `GET /metrics`: what Prometheus reads; holds nothing about any person. */
export function metricsRoute(metrics: Pick<Metrics, "text">): Route {
  return {
    method: "GET",
    path: "/metrics",
    async handler(_request, reply) {
      const { contentType, body } = await metrics.text();
      reply.header("cache-control", "no-store").type(contentType);
      return body;
    },
  };
}
