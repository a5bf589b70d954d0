import type { Logger } from "#server/domain/logger.ts";
import { version } from "#contract/version.ts";
import type { Route } from "./route.ts";

export interface HealthRouteDeps {
  /** Resolves when the database answers. */
  readonly pingDatabase: () => Promise<void>;
  readonly logger: Logger;
}

/** `GET /health`: what works, and 503 when the database does not (contracts §3). */
export function healthRoute(deps: HealthRouteDeps): Route {
  return {
    method: "GET",
    path: "/health",
    async handler(_request, reply) {
      const database = await deps.pingDatabase().then(
        () => "connected" as const,
        (error: unknown) => {
          deps.logger.error("health.database_down", { error });
          return "down" as const;
        },
      );
      reply.header("cache-control", "no-store");
      if (database === "down") reply.code(503);
      return {
        status: database === "connected" ? "healthy" : "unhealthy",
        version,
        database,
        // Limits and live fan-out are kept in this process.
        redis: "disabled",
      };
    },
  };
}
