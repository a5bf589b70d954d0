import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { makeTempHome } from "../testing/temp-home.ts";
import { openEventQueue, queuePath } from "./event-queue.ts";
import { createLamportClock, nodeIdOf } from "./lamport-clock.ts";

const logger = createFakeLogger();
const signal = new AbortController().signal;
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({
    eventId: `e${from + at}`,
    eventType: "t",
    data: JSON.stringify({ event_id: `e${from + at}`, lamport_clock: from + at }),
  }));
const all = { events: 1_000, bytes: Infinity };
const outcome = (success: readonly string[], rejected: Readonly<Record<string, boolean>> = {}) => ({
  success,
  duplicate: [],
  rejected: new Map(Object.entries(rejected).map(([id, own]) => [id, { why: `no ${id}`, own }])),
});

test("events go in the order in which they came, however the clock steps; those refused by themselves go last", async () => {
  await using home = await makeTempHome();
  const path = queuePath(home.path, "own|a|no-team");
  expect(path).toBe(join(home.path, "queues", "queue-33f7b67b6cb437d3.db"));
  using one = await openEventQueue(path, { maxEvents: 100, logger });
  using two = await openEventQueue(path, { maxEvents: 100, logger });
  one.add(events(0, 2), 5_000);
  // An hour back, by another program.
  two.add(events(2, 2), 1_000);
  const order = () => one.next(all).map(({ eventId }) => eventId);
  expect(order()).toEqual(["e0", "e1", "e2", "e3"]);
  expect(one.next({ events: 3, bytes: 1 }).map(({ eventId }) => eventId)).toEqual(["e0"]);
  two.settle(outcome(["e1"], { e0: true, e2: false }));
  expect(order()).toEqual(["e2", "e3", "e0"]);
  expect(one.state()).toEqual({ waiting: 3, refused: 1, lastError: "no e0", oldestAtMs: 5_000, evicted: 0 });
  // What another program has delivered meanwhile, and what comes twice.
  one.settle(outcome(["e1", "e0"]));
  one.add(events(2, 1), 9_000);
  expect(order()).toEqual(["e3", "e2"]);
  expect(one.greatestClock()).toBe(3);
  for (const file of await readdir(join(home.path, "queues"))) {
    expect((await stat(join(home.path, "queues", file))).mode & 0o077).toBe(0);
  }
});

test("beyond the limit the oldest go, and are counted for whoever looks later", async () => {
  await using home = await makeTempHome();
  const path = queuePath(home.path, undefined);
  {
    using queue = await openEventQueue(path, { maxEvents: 3, logger });
    expect(queue.add(events(0, 3), 1)).toBe(0);
    expect(queue.add(events(3, 2), 2)).toBe(2);
    expect(queue.add(events(5, 4), 3)).toBe(4);
  }
  using queue = await openEventQueue(path, { maxEvents: 3, logger });
  expect(queue.next(all).map(({ eventId }) => eventId)).toEqual(["e6", "e7", "e8"]);
  expect(queue.state()).toMatchObject({ waiting: 3, evicted: 6 });
});

test("a damaged queue is put aside whole, and a new one takes events", async () => {
  await using home = await makeTempHome();
  const path = queuePath(home.path, undefined);
  await writeFile(path, "not a database, but long enough to be one, and a person's all the same");
  using queue = await openEventQueue(path, { maxEvents: 3, logger });
  expect(await readFile(queue.setAside ?? "", "utf8")).toMatch(/^not a database/);
  queue.add(events(0, 1), 1);
  expect(queue.state().waiting).toBe(1);
});

test("the clock of a home only goes on: at once in two programs, with the machine's set back, its file lost or damaged", async () => {
  await using home = await makeTempHome();
  let nowMs = 1_795_000_000_123;
  const take = async (count: number, seen = 0, queued = 0) =>
    createLamportClock(home.path, logger, () => nowMs).take(count, seen, () => queued, signal);
  const firsts = await Promise.all(Array.from({ length: 8 }, () => take(5)));
  expect(firsts.map(({ first }) => first).toSorted((a, b) => a - b)).toEqual([1, 6, 11, 16, 21, 26, 31, 36]);
  nowMs -= 86_400_000;
  expect((await take(1, 100)).first).toBe(101);
  const file = join(home.path, "clock.json");
  const { nodeId } = await take(1);
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
    value: 102,
    node_id: nodeId,
    updated_at: "2026-11-17T11:06:40.123000+00:00",
  });
  expect(nodeId).toMatch(/^[0-9a-f]{12}$/);
  expect(nodeIdOf("host", "user")).toBe("2e1a29e6f4ef");
  expect((await take(1, Number.MAX_SAFE_INTEGER)).first).toBe(103);
  await writeFile(file, "{");
  expect((await take(1, 0, 200)).first).toBe(201);
  expect((await readdir(home.path)).filter((name) => name.startsWith("clock.json.damaged"))).toHaveLength(1);
});
