import { PENDING_LEASE_MS } from "#server/domain/limits/counter-state.ts";
import type { AttemptCounterStore, LimitRule, Reservation } from "#server/domain/limits/ports.ts";
import type { RedisConnection } from "./redis-connection.ts";

const DEFAULT_PREFIX = "pipit:attempts:";
/** Tells the scripts to read Redis' clock. */
const REDIS_TIME = -1;
/** A block without a bound, in milliseconds: 285 years, which Lua's numbers still hold exactly. */
const UNBOUNDED_MS = Number.MAX_SAFE_INTEGER / 1000;

export interface RedisCounterStoreOptions {
  readonly connection: RedisConnection;
  /** Before every key, where several systems share one Redis. */
  readonly prefix?: string;
  /**
   * "redis" (default): Redis' clock, the same for all servers, so that none whose clock was set wrong ends a block of the
   * others. "caller": that of the caller; for tests.
   */
  readonly time?: "redis" | "caller";
}

/**
 * {@link AttemptCounterStore} on Redis: one script an operation, keys that expire by themselves. Throws LIMITS_UNREACHABLE.
 *
 * Redis must keep its keys (`maxmemory-policy noeviction`), and its data over a restart if blocks are to survive one. Set
 * back, its clock makes no client wait longer than a whole window or block; set forward, blocks end that much earlier.
 */
export function createRedisCounterStore(options: RedisCounterStoreOptions): AttemptCounterStore {
  const { connection, prefix = DEFAULT_PREFIX, time = "redis" } = options;
  const argsOf = (rule: LimitRule, nowMs: number): string[] =>
    [
      time === "redis" ? REDIS_TIME : nowMs,
      rule.max,
      rule.windowMs,
      rule.blockMs ?? 0,
      rule.growth ?? 1,
      rule.maxBlockMs ?? Math.floor(UNBOUNDED_MS),
      PENDING_LEASE_MS,
    ].map(String);
  const settle: AttemptCounterStore["settle"] = async (key, rule, { outcome, ticket }, nowMs) => {
    const args = [...argsOf(rule, nowMs), outcome, String(ticket)];
    const [blockedForMs = 0] = await connection.send((redis) => redis.settle(prefix + key, args));
    return blockedForMs === 0 ? undefined : blockedForMs;
  };

  return {
    settle,

    async reserve(key, rule, nowMs) {
      const giveBack = (reply: readonly number[]): void => {
        const late = toReservation(reply);
        if (late.kind !== "granted") return;
        // The caller has given this attempt up; where even this fails it counts as a failure.
        settle(key, rule, { outcome: "void", ticket: late.ticket }, nowMs).catch(() => undefined);
      };
      const args = argsOf(rule, nowMs);
      return toReservation(await connection.send((redis) => redis.reserve(prefix + key, args), giveBack));
    },

    async reset(key) {
      await connection.send((redis) => redis.del(prefix + key));
    },
  };
}

function toReservation([kind, remaining = 0, waitMs = 0, ticket = 0]: readonly number[]): Reservation {
  switch (kind) {
    case 1:
      return { kind: "granted", ticket, remaining, resetAfterMs: waitMs };
    case 2:
      return { kind: "busy" };
    default:
      return { kind: "blocked", retryAfterMs: waitMs };
  }
}
