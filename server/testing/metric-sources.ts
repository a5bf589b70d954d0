import type { MetricSources } from "#server/observe/metric-set.ts";

/** What gauges of a server read that has just begun, on PostgreSQL and Redis and all that one may have. */
export const quietSources: MetricSources = {
  pingDatabase: async () => undefined,
  redisStatus: () => "connected",
  passwordQueueDepth: () => 0,
  queues: () => ({ database: 0, pictures: 0, calculations: 0 }),
  embeddingsAnswer: () => true,
  embeddingsBacklog: async () => 0,
  dataFolder: import.meta.dirname,
  clockAheadSeconds: () => 0,
  restoreProvenAtMs: async () => 0,
  masterKeyIsRight: () => true,
  rooms: () => undefined,
};
