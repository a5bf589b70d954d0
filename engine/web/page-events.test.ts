import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import type { AuthState } from "#contract/auth-state.ts";
import type { HttpRequest } from "#engine/ports.ts";
import type { Report } from "#engine/program-events/reports.ts";
import { createFakeClock } from "#engine/testing/fake-clock.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createIndexedDbEvents, type EventPlace } from "./indexed-db-events.ts";
import { openPageDatabase } from "./page-database.ts";
import { createPageEvents } from "./page-events.ts";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const all = { events: 1_000, bytes: Infinity };
const named = (eventId: string) => (place: EventPlace) => ({
  eventId,
  eventType: "t",
  aggregateId: "a",
  nodeId: place.nodeId,
  lamportClock: place.lamportClock,
  data: JSON.stringify({ event_id: eventId, ...place }),
});

test("events of tabs go in the order in which they came, those refused by themselves last; beyond the limit the oldest go, counted; each account has its own", async () => {
  const database = await openPageDatabase("one");
  const [here, there] = [1, 2].map(() => createIndexedDbEvents(database, "ann", 4));
  const others = createIndexedDbEvents(database, "bob", 4);
  await others.add(named("e0"));
  await Promise.all(["e1", "e2"].map((id) => here?.add(named(id))));
  await Promise.all(["e3", "e4", "e5"].map((id) => there?.add(named(id))));
  const order = async (max = all) => (await here?.next(max))?.map(({ eventId }) => eventId);
  expect([await order(), await here?.evicted(), await others.evicted()]).toEqual([
    ["e2", "e3", "e4", "e5"],
    1,
    0,
  ]);
  const clocks = (await here?.next(all))?.map(({ data }) => JSON.parse(data) as EventPlace) ?? [];
  expect(clocks.map(({ lamportClock }) => lamportClock)).toEqual([3, 4, 5, 6]);
  expect(new Set(clocks.map(({ nodeId }) => nodeId)).size).toBe(1);
  const rejected = { e2: true, e3: false, gone: true };
  await there?.settle({
    success: ["e4", "gone"],
    duplicate: [],
    rejected: new Map(Object.entries(rejected).map(([id, own]) => [id, { why: "no", own }])),
  });
  expect(await order()).toEqual(["e3", "e5", "e2"]);
  expect(await order({ events: 2, bytes: Infinity })).toEqual(["e3", "e5"]);
  expect(await order({ events: 2, bytes: 1 })).toEqual(["e3"]);
  await here?.clear();
  expect([await order(), (await others.next(all)).length]).toEqual([[], 1]);
});

test("a database of the page's last layout takes them, and keeps what it has", async () => {
  const before = await openDB("two", 3, {
    upgrade(connection) {
      const outbox = connection.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
      outbox.createIndex("byMessage", "clientMessageId", { unique: true });
      outbox.createIndex("byAccount", "accountId");
      for (const name of ["pictures", "values", "chats"]) connection.createObjectStore(name);
    },
  });
  await before.put("values", "kept", "name");
  before.close();
  const database = await openPageDatabase("two");
  const events = createIndexedDbEvents(database, "ann", 4);
  await events.add(named("e1"));
  expect((await events.next(all)).length).toBe(1);
  expect(await database.use((connection) => connection.get("values", "name"))).toBe("kept");
});

const report: Report = {
  event_type: "DeliveryReported",
  payload: { attempts: 2, resumed: false, waited_ms: 40_000 },
};

test("reports of a page wait in its account's queue and go in batches; what waits when they are no longer wanted is removed unsent", async () => {
  const database = await openPageDatabase("reports");
  const clock = createFakeClock();
  const store = createStore<AuthState>(() => ({ kind: "signed-out" }));
  let isWanted = true;
  const sent: HttpRequest[] = [];
  using events = createPageEvents({
    database,
    session: { store },
    api: {
      async request(request) {
        sent.push(request);
        const { events: batch } = JSON.parse(request.body ?? "") as { events: { event_id: string }[] };
        const results = batch.map(({ event_id }) => ({ event_id, status: "success" }));
        return { status: 200, headers: {}, body: JSON.stringify({ results }) };
      },
    },
    isWanted: () => isWanted,
    clock,
    logger: createFakeLogger(),
  });
  const waiting = async () =>
    (await createIndexedDbEvents(database, "ann", 10).next({ events: 10, bytes: Infinity })).length;
  const soon = async () => {
    await expect.poll(() => clock.sleeping().length).toBeGreaterThan(0);
    clock.advance(clock.sleeping()[0] ?? 0);
  };
  // Of nobody.
  await events.add(report);
  store.setState({ kind: "signed-in", accountId: "ann", accountName: "Ann", local: false }, true);
  await events.add(report);
  expect(await waiting()).toBe(1);
  await soon();
  await expect.poll(waiting).toBe(0);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ path: "/api/v1/events/batch/", packed: true });
  await events.add(report);
  isWanted = false;
  await soon();
  await expect.poll(waiting).toBe(0);
  expect(sent).toHaveLength(1);
});
