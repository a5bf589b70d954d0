import { anyone } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type OpenRoute } from "../kit/route.ts";

/** `GET /ready`: 200 while new work should come here, else 503; for balancers and start scripts. */
export function readyRoute({ store, isStopping }: HttpContext): OpenRoute {
  return route("GET", "/ready", anyone, async (_request, reply) => {
    reply.header("cache-control", "no-store");
    const up = await store.ping().then(
      () => true,
      () => false,
    );
    if (up && !isStopping()) return { status: "ready" };
    reply.code(503);
    return { status: isStopping() ? "stopping" : "unready" };
  });
}
