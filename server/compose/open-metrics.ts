import type { ServerConfig } from "../config/config.ts";
import type { Calculator } from "../domain/assistant/tools/calculator.ts";
import type { KeyRingWatch } from "../domain/master-key/key-ring-watch.ts";
import type { Pictures } from "../domain/pictures/pictures.ts";
import type { Rooms } from "../domain/rooms/rooms.ts";
import type { SemanticSearch } from "../domain/semantic/semantic-search.ts";
import type { ServerClock } from "../domain/server-clock.ts";
import type { RedisStatus } from "../observe/metric-set.ts";
import { createMetrics } from "../observe/metrics.ts";
import { tracedMetrics, type Tracing } from "../observe/tracing.ts";
import type { Store } from "../store/store.ts";
import type { AuthContext } from "./auth-context.ts";

/** What is built after the metrics, and asked at a scrape once it is there. */
interface Late {
  store?: Store;
  auth?: AuthContext;
  rooms?: Rooms;
  keys?: KeyRingWatch;
  semantic?: SemanticSearch | undefined;
  pictures?: Pictures;
  calculator?: Calculator;
}

interface Given {
  readonly redisStatus: () => RedisStatus;
  readonly time: ServerClock;
  readonly config: Pick<ServerConfig, "databaseUrl">;
  readonly folder: { readonly path: string };
  readonly tracing: Tracing | undefined;
}

/** Gauges ask for what is built after them, once it is there. */
export function openMetrics(given: Given, owner: AsyncDisposableStack) {
  const { config, redisStatus, time, folder, tracing } = given;
  const late: Late = {};
  const metrics = createMetrics({
    pingDatabase: async () => late.store?.ping(),
    redisStatus,
    passwordQueueDepth: () => late.auth?.passwordQueueDepth() ?? 0,
    queues: () => ({
      ...late.store?.queues(),
      pictures: late.pictures?.waiting ?? 0,
      calculations: late.calculator?.waiting ?? 0,
    }),
    embeddingsAnswer: () => late.semantic && late.semantic.state !== "failing",
    embeddingsBacklog: async () => late.semantic?.backlog(),
    dataFolder: folder.path,
    rooms: () => late.rooms?.counts,
    clockAheadSeconds: () => time.aheadSeconds,
    restoreProvenAtMs: async () => late.store?.restoreProvenAtMs(),
    masterKeyIsRight: () => !["replaced", "mixed"].includes(late.keys?.state() ?? "right"),
  });
  return { late, metrics: tracedMetrics(owner.use(metrics), tracing, config.databaseUrl) };
}
