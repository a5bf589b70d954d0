import { anyone } from "#server/domain/access/access.ts";
import type { Metrics } from "#server/observe/metrics.ts";
import { route, type OpenRoute } from "../kit/route.ts";

/** `GET /metrics`: what Prometheus reads; holds nothing about any person. */
export function metricsRoute({ metrics }: { readonly metrics: Pick<Metrics, "text"> }): OpenRoute {
  return route("GET", "/metrics", anyone, async (_request, reply) => {
    const { contentType, body } = await metrics.text();
    reply.header("cache-control", "no-store").type(contentType);
    return body;
  });
}
