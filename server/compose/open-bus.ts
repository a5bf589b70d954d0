import { createMemoryBus } from "../bus/memory-bus.ts";
import { createRedisBus } from "../bus/redis-bus.ts";
import type { ServerConfig } from "../config/config.ts";
import type { RedisStatus } from "../observe/metric-set.ts";
import { tracedRedis } from "../observe/tracing.ts";
import type { ServerContext } from "./context.ts";

/** Connects to Redis where one is set, and carries messages over it. */
export async function openBus(
  { redisUrl: url }: ServerConfig,
  { tracing, logger }: Pick<ServerContext, "tracing" | "logger">,
  owner: AsyncDisposableStack,
) {
  if (url === undefined) {
    return { redis: undefined, redisStatus: (): RedisStatus => "disabled", bus: createMemoryBus() };
  }
  // A tenth of a second and 30 MB that a server without Redis does without.
  const { createRedisConnection } = await import("../store/redis/redis-connection.ts");
  const redis = owner.use(createRedisConnection({ url, logger, onCommand: tracedRedis(tracing) }));
  return { redis, redisStatus: redis.status, bus: createRedisBus(redis, logger) };
}
