import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, inject, test } from "vitest";
import { testCounterStore } from "#server/testing/counter-store-kit.ts";
import { limitRules } from "#server/domain/limits/rules.ts";
import { createRedisConnection, type RedisConnection } from "#server/store/redis/redis-connection.ts";
import { createRedisCounterStore } from "#server/store/redis/redis-counter-store.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startRelay, type Relay } from "#tests/doubles/relay.ts";
import { startRedis } from "#tools/test/redis-server.ts";

const nowMs = 1_700_000_000_000;
const urlOf = ({ port }: Relay): string => `redis://127.0.0.1:${port}`;
const untilConnected = { timeout: 30_000, interval: 10 } as const;

async function connectTo(url: string, commandTimeoutMs?: number) {
  const logger = createRecordingLogger();
  const connection = createRedisConnection({
    url,
    logger,
    ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
  });
  await expect.poll(() => connection.status() === "connected", untilConnected).toBe(true);
  return { connection, logger, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
}

async function openCounters(time: "caller" | "redis" = "caller") {
  const { connection } = await connectTo(inject("redisUrl"), 10_000);
  return {
    connection,
    counters: createRedisCounterStore({ connection, prefix: `test:${randomUUID()}:`, time }),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

describe("counters on Redis", () => {
  testCounterStore(() => openCounters());

  test("go by Redis' clock, whatever the servers' clocks say", async () => {
    await using opened = await openCounters("redis");
    const { counters } = opened;
    for (let count = 0; count < 5; count++) {
      const skewedMs = nowMs + (count % 2) * 600_000;
      const reservation = await counters.reserve("key", limitRules.ip, skewedMs);
      const ticket = reservation.kind === "granted" ? reservation.ticket : 0;
      await counters.settle("key", limitRules.ip, { outcome: "failed", ticket }, -skewedMs);
    }
    for (const skewedMs of [0, nowMs, nowMs * 2]) {
      expect(await counters.reserve("key", limitRules.ip, skewedMs)).toMatchObject({ kind: "blocked" });
    }
  });

  test("of two servers are the same ones", async () => {
    await using first = await openCounters("redis");
    await using other = await connectTo(inject("redisUrl"), 10_000);
    const prefix = `test:${randomUUID()}:`;
    const stores = [first.connection, other.connection].map((connection: RedisConnection) =>
      createRedisCounterStore({ connection, prefix }),
    );
    const all = await Promise.all(
      Array.from({ length: 400 }, (_, count) => stores[count % 2]?.reserve("key", limitRules.lockout, 0)),
    );
    expect(all.filter((one) => one?.kind === "granted")).toHaveLength(5);
    expect(all.filter((one) => one?.kind === "busy")).toHaveLength(395);
  });
});

describe("a server that stands still for longer than it waits for Redis", () => {
  /** More than the 500 ms that a command may take. */
  const stallMs = 700;
  test.each([
    ["before a command is on its way", async () => undefined],
    ["while the answer is on its way", () => nextTurn()],
  ])("%s: takes the answer of a healthy Redis", async (_when, sent) => {
    await using opened = await connectTo(inject("redisUrl"));
    const counters = createRedisCounterStore({
      connection: opened.connection,
      prefix: `test:${randomUUID()}:`,
    });
    await opened.connection.ping();
    const pending = Promise.all(
      Array.from({ length: 8 }, (_, index) => counters.reserve(`key-${index}`, limitRules.ip, nowMs)),
    );
    await sent();
    const until = performance.now() + stallMs;
    while (performance.now() < until);
    expect((await pending).map(({ kind }) => kind)).toEqual(Array(8).fill("granted"));
  });
});

describe("a Redis that is stopped", () => {
  test("refuses every attempt at once while it is gone, and counts again when it is back", async () => {
    await using redis = await startRedis(AbortSignal.timeout(60_000));
    await using opened = await connectTo(redis.url);
    const { connection, logger } = opened;
    const counters = createRedisCounterStore({ connection });
    expect(await counters.reserve("key", limitRules.ip, nowMs)).toMatchObject({ kind: "granted" });
    for (let stop = 0; stop < 2; stop++) {
      await redis.stop();
      await expect.poll(() => connection.status() === "down", untilConnected).toBe(true);
      for (const call of [
        () => counters.reserve("key", limitRules.ip, nowMs),
        () => counters.settle("key", limitRules.ip, { outcome: "failed", ticket: 1 }, nowMs),
        () => counters.reset("key"),
        () => connection.ping(),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: "LIMITS_UNREACHABLE", retryAfterMs: 1000 });
      }
      await redis.start();
      // The goal is five seconds, which is asked for with room for a busy machine.
      await expect.poll(() => connection.status() === "connected", untilConnected).toBe(true);
      await connection.ping();
      // Empty again, and without our scripts.
      expect(await counters.reserve("key", limitRules.ip, nowMs)).toMatchObject({ remaining: 4 });
      expect(await counters.reserve("key", limitRules.ip, nowMs)).toMatchObject({ remaining: 3 });
    }
    expect(logger.lines.filter(({ event }) => event === "limits.redis_lost")).toHaveLength(2);
  });

  test("at the start is waited for: the server runs, and takes attempts when it comes", async () => {
    await using redis = await startRedis(AbortSignal.timeout(60_000));
    await redis.stop();
    await using connection = createRedisConnection({ url: redis.url, logger: createRecordingLogger() });
    await expect(connection.ping()).rejects.toMatchObject({ code: "LIMITS_UNREACHABLE" });
    await redis.start();
    await expect.poll(() => connection.status() === "connected", untilConnected).toBe(true);
    await connection.ping();
  });

  test("a silent one is given up, and another connection takes its place", async () => {
    await using redis = await startRedis(AbortSignal.timeout(60_000));
    await using relay = await startRelay(redis.port);
    await using opened = await connectTo(urlOf(relay), 100);
    const { connection, logger } = opened;
    const counters = createRedisCounterStore({ connection });
    await connection.ping();
    relay.silence(true);
    await expect(counters.reserve("key", limitRules.ip, nowMs)).rejects.toMatchObject({
      code: "LIMITS_UNREACHABLE",
    });
    expect(connection.status()).toBe("down");
    // The greeting of the second one is held back as well, so it takes a third.
    await expect.poll(() => relay.accepted() === 3, untilConnected).toBe(true);
    expect(logger.lines.filter(({ event }) => event === "limits.redis_lost")).toHaveLength(1);
    relay.silence(false);
    await expect.poll(() => connection.status() === "connected", untilConnected).toBe(true);
    expect(await counters.reserve("key", limitRules.ip, nowMs)).toMatchObject({ kind: "granted" });
  });

  test("one that only stumbles keeps its connection, and a charge that came late is given back", async () => {
    await using redis = await startRedis(AbortSignal.timeout(60_000));
    await using relay = await startRelay(redis.port);
    await using opened = await connectTo(urlOf(relay), 1_000);
    await using direct = await connectTo(redis.url, 10_000);
    const { connection } = opened;
    const counters = createRedisCounterStore({ connection });
    const observed = createRedisCounterStore({ connection: direct.connection });
    relay.silence(true);
    await expect(counters.reserve("key", limitRules.ip, nowMs)).rejects.toMatchObject({
      code: "LIMITS_UNREACHABLE",
    });
    relay.silence(false);
    await expect.poll(() => connection.status() === "connected", untilConnected).toBe(true);
    await expect
      .poll(async () => {
        const reservation = await observed.reserve("key", limitRules.ip, nowMs);
        if (reservation.kind !== "granted") return false;
        const { ticket } = reservation;
        await observed.settle("key", limitRules.ip, { outcome: "void", ticket }, nowMs);
        return reservation.remaining === 4;
      }, untilConnected)
      .toBe(true);
    expect(opened.logger.lines.map(({ event }) => event)).toEqual(["limits.redis_connected"]);
  });
});

test.each([
  "redis://user:secret word@host:nope",
  "http://:secret@host",
  "secret",
  "redis://a:%E0%A4%A@host/0",
  "redis://host/secret",
  "",
])("the address %j is refused without being quoted", (url) => {
  const open = () => createRedisConnection({ url, logger: createRecordingLogger() });
  expect(open).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", field: "redis.url" }));
  expect(open).not.toThrow(/secret/);
});

test("a wrong password is in no log line", async () => {
  await using redis = await startRedis(AbortSignal.timeout(60_000));
  const logger = createRecordingLogger();
  const url = `redis://ann:hunter2hunter2@127.0.0.1:${redis.port}`;
  await using connection = createRedisConnection({ url, logger });
  await expect.poll(() => logger.lines.length > 0, untilConnected).toBe(true);
  expect(connection.status()).toBe("down");
  expect(JSON.stringify(logger.lines)).not.toContain("hunter2");
  expect(logger.lines[0]).toMatchObject({ level: "warn", event: "limits.redis_lost" });
});
