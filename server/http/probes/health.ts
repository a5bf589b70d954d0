import type { Logger } from "#contract/logger.ts";
import { version } from "#contract/version.ts";
import type { RedisStatus } from "#server/observe/metric-set.ts";
import type { Route } from "../kit/route.ts";

export interface HealthRouteDeps {
  /** Resolves when the database answers. */
  readonly pingDatabase: () => Promise<void>;
  /** Resolves at once: it knows, it does not ask. Absent where no Redis is used. */
  readonly redisStatus?: () => RedisStatus;
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
        // Without Redis passwords are not taken, but everything else goes on: no reason for 503.
        redis: deps.redisStatus?.() ?? "disabled",
      };
    },
  };
}
