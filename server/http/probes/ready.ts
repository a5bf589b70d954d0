import type { Route } from "../kit/route.ts";

export interface ReadyRouteDeps {
  readonly pingDatabase: () => Promise<void>;
  readonly isStopping: () => boolean;
}

/** `GET /ready`: 200 while new work should come here, else 503; for balancers and start scripts. */
export function readyRoute(deps: ReadyRouteDeps): Route {
  return {
    method: "GET",
    path: "/ready",
    async handler(_request, reply) {
      reply.header("cache-control", "no-store");
      const up = await deps.pingDatabase().then(
        () => true,
        () => false,
      );
      if (up && !deps.isStopping()) return { status: "ready" };
      reply.code(503);
      return { status: deps.isStopping() ? "stopping" : "unready" };
    },
  };
}
