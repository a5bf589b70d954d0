import { createClient } from "redis";
import { expect, test } from "vitest";
import { createRedisBus } from "#server/bus/redis-bus.ts";
import { createRedisConnection } from "#server/store/redis/redis-connection.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { startRedis } from "#tools/test/redis-server.ts";

// What two servers do with it is in the tests beside this one.

const soon = { timeout: 30_000, interval: 5 } as const;

async function openBuses(url: string, ...names: readonly string[]) {
  await using opening = new AsyncDisposableStack();
  const logger = createRecordingLogger();
  const heard: string[] = [];
  const buses = names.map((name) => {
    const bus = createRedisBus(opening.use(createRedisConnection({ url, logger })), logger);
    bus.subscribe<{ text: string }>("news", ({ text }) => {
      if (text !== "?") heard.push(`${name} ${text}`);
    });
    return bus;
  });
  const times = (event: string): number => logger.lines.filter((line) => line.event === event).length;
  // Each also sends: its connection for that comes back at another moment than the one that listens.
  const subscribed = async () => {
    for (const bus of buses)
      await expect
        .poll(async () => (await bus.publish("news", { text: "?" })) === names.length - 1, soon)
        .toBe(true);
  };
  await subscribed();
  const owned = opening.move();
  return { buses, heard, logger, times, subscribed, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("a message is heard once by every process, its own at once, and the others are counted", async () => {
  await using redis = await startRedis(AbortSignal.timeout(60_000));
  await using opened = await openBuses(redis.url, "a", "b", "c");
  const { buses, heard } = opened;
  const published = buses[0]?.publish("news", { text: "1" });
  expect(heard).toEqual(["a 1"]);
  expect(await published).toBe(2);
  await buses[1]?.publish("news", { text: "2" });
  await expect.poll(() => heard.length === 6, soon).toBe(true);
  expect(heard.toSorted()).toEqual(["a 1", "a 2", "b 1", "b 2", "c 1", "c 2"]);
  expect(await buses[0]?.publish("nothing", {})).toBe(0);
});

test("without Redis a process hears itself, a warning is logged once, and it listens again when Redis is back", async () => {
  await using redis = await startRedis(AbortSignal.timeout(60_000));
  await using opened = await openBuses(redis.url, "a", "b");
  const { buses, heard, times } = opened;
  await redis.stop();
  await expect.poll(() => times("bus.redis_lost") === 2, soon).toBe(true);
  expect(await buses[0]?.publish("news", { text: "alone" })).toBe(0);
  expect(heard).toEqual(["a alone"]);
  await redis.start();
  await opened.subscribed();
  await buses[1]?.publish("news", { text: "together" });
  await expect.poll(() => heard.includes("a together"), soon).toBe(true);
  expect(heard.filter((one) => one.endsWith("together"))).toHaveLength(2);
  expect(times("bus.redis_lost")).toBe(2);
});

test("what another program says there is logged and left alone", async () => {
  await using redis = await startRedis(AbortSignal.timeout(60_000));
  await using opened = await openBuses(redis.url, "a", "b");
  const stranger = await createClient({ url: redis.url }).connect();
  for (const text of ["hello", "null", "", '{"from":"a stranger"}'])
    await stranger.publish("pipit:bus:1:news", text);
  stranger.destroy();
  await expect.poll(() => opened.times("bus.unreadable") === 8, soon).toBe(true);
  await opened.buses[0]?.publish("news", { text: "still here" });
  // Its own at once.
  await expect.poll(() => opened.heard).toEqual(["a still here", "b still here"]);
});
