import { anyone } from "#server/domain/access/access.ts";
import { buildId } from "#contract/build/build-id.ts";
import { version } from "#contract/build/version.ts";
import { healthStatus } from "#server/domain/health-parts.ts";
import { createOutage } from "#server/domain/outage.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type OpenRoute } from "../kit/route.ts";

/** What `/health` asks. */
export type HealthContext = Pick<
  HttpContext,
  "redisStatus" | "masterKeyState" | "memoryFilesState" | "semanticState" | "grpcPort" | "logger"
> & {
  readonly store: Pick<HttpContext["store"], "storageState" | "ping">;
  readonly time: Pick<HttpContext["time"], "state">;
};

/** `GET /health`: what works, and 503 when the database does not (docs/reference/oauth.md). */
export function healthRoute({
  store,
  time,
  redisStatus,
  masterKeyState,
  memoryFilesState,
  semanticState,
  grpcPort,
  logger,
}: HealthContext): OpenRoute {
  const outage = createOutage(logger, {
    lost: "health.database_down",
    back: "health.database_back",
    level: "error",
  });
  return route("GET", "/health", anyone, async (request, reply) => {
    const database = await store.ping().then(
      () => {
        outage.works();
        return "connected" as const;
      },
      (error: unknown) => {
        outage.failed("down", { error });
        return "down" as const;
      },
    );
    // What is stored can be read all the same, so that is no reason for 503 either.
    const storage = await store.storageState().catch(() => "writable" as const);
    const parts = {
      database,
      storage,
      redis: redisStatus(),
      // "wrong": nobody is signed in here.
      clock: time.state,
      master_key: masterKeyState(),
      memory_files: memoryFilesState(),
      semantic_search: semanticState(),
    };
    reply.header("cache-control", "no-store");
    if (database === "down") reply.code(503);
    return {
      status: healthStatus(parts),
      version,
      build: buildId,
      ...parts,
      // Clients know the name only.
      grpc_port: grpcPort(request.raw.headers),
    };
  });
}

/** `GET /ready`: 200 while new work should come here, else 503; for balancers and start scripts. */
export function readyRoute({
  store,
  time,
  isStopping,
}: Pick<HttpContext, "store" | "time" | "isStopping">): OpenRoute {
  return route("GET", "/ready", anyone, async (_request, reply) => {
    reply.header("cache-control", "no-store");
    const up = await store.ping().then(
      () => true,
      () => false,
    );
    const isWrong = time.state === "wrong";
    if (up && !isWrong && !isStopping()) return { status: "ready" };
    reply.code(503);
    if (isStopping()) return { status: "stopping" };
    return { status: up ? "clock_wrong" : "unready" };
  });
}
