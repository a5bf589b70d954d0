import type { ProgramEvent } from "#contract/events/program-events.ts";
import type { BatchOutcome, EventQueue, QueuedEvent } from "#engine/program-events/push-events.ts";
import type { PageConnection, PageDatabase } from "./page-database.ts";

/** The clock of this browser's events and its name among others, `{value, nodeId}`. */
const CLOCK = "event-clock";
/** Followed by the account: how many of its events were dropped because too many waited. */
const EVICTED = "events-evicted:";

/** What an event lacks that only its queue can give. */
export interface EventPlace {
  /** Greater than that of any event before. */
  readonly lamportClock: number;
  readonly nodeId: string;
}

/**
 * The events of one account that wait in the page's IndexedDB; all tabs share it. Beyond `maxEvents` the oldest go, and are
 * counted.
 *
 * @throws PipitError from each call: STORAGE_FULL, STORAGE_UNREADABLE.
 */
export function createIndexedDbEvents(database: PageDatabase, accountId: string, maxEvents: number) {
  const write = <T>(work: (stores: Stores) => Promise<T>): Promise<T> =>
    database.use(async (connection) => {
      const { stores, done } = beginWrite(connection);
      const [result] = await Promise.all([work(stores), done]);
      return result;
    });
  const ofAccount = IDBKeyRange.bound([accountId], [accountId, []]);

  const evict = async ({ events, values }: Stores): Promise<void> => {
    let over = (await events.index("byAge").count(ofAccount)) - maxEvents;
    if (over <= 0) return;
    const before = Number((await values.get(EVICTED + accountId)) ?? 0);
    await values.put(before + over, EVICTED + accountId);
    let cursor = await events.index("byAge").openCursor(ofAccount);
    for (; cursor !== null && over > 0; over -= 1) {
      await cursor.delete();
      cursor = await cursor.continue();
    }
  };

  return {
    /** Queues what is made of its place. */
    add: (made: (place: EventPlace) => ProgramEvent): Promise<void> =>
      write(async (stores) => {
        const { lamportClock, nodeId } = asPlace(await stores.values.get(CLOCK));
        const place = { lamportClock: lamportClock + 1, nodeId };
        await stores.values.put(place, CLOCK);
        const { eventId, data } = made(place);
        await stores.events.add({ accountId, eventId, data, refusals: 0 });
        await evict(stores);
      }),

    next: (max: Parameters<EventQueue["next"]>[0]): Promise<readonly QueuedEvent[]> =>
      database.use(async (connection) => {
        const index = connection.transaction("events").store.index("byTurn");
        const some: QueuedEvent[] = [];
        let bytes = 0;
        for await (const { value } of index.iterate(ofAccount)) {
          bytes += new TextEncoder().encode(value.data).byteLength + 1;
          if (some.length === max.events || (bytes > max.bytes && some.length > 0)) break;
          some.push(value);
        }
        return some;
      }),

    settle: ({ success, duplicate, rejected }: BatchOutcome): Promise<void> =>
      write(async ({ events }) => {
        const keyOf = (id: string) => events.index("byEvent").getKey([accountId, id]);
        for (const id of [...success, ...duplicate]) {
          const key = await keyOf(id);
          if (key !== undefined) await events.delete(key);
        }
        for (const [id, { why, own }] of rejected) {
          const event = await events.index("byEvent").get([accountId, id]);
          if (event === undefined) continue;
          await events.put({ ...event, refusals: event.refusals + (own ? 1 : 0), lastError: why });
        }
      }),

    /** Nothing waits any more, and nothing of it was sent. */
    clear: (): Promise<void> =>
      write(async ({ events }) => {
        for await (const cursor of events.index("byAge").iterate(ofAccount)) await cursor.delete();
      }),

    /** How many were dropped so far. */
    evicted: async (): Promise<number> =>
      Number(await database.use((connection) => connection.get("values", EVICTED + accountId))) || 0,
  };
}

type Stores = ReturnType<typeof beginWrite>["stores"];

function beginWrite(connection: PageConnection) {
  const transaction = connection.transaction(["events", "values"], "readwrite");
  const stores = { events: transaction.objectStore("events"), values: transaction.objectStore("values") };
  return { stores, done: transaction.done };
}

function asPlace(kept: unknown): EventPlace {
  if (typeof kept === "object" && kept !== null && "lamportClock" in kept && "nodeId" in kept) {
    const { lamportClock, nodeId } = kept;
    if (Number.isSafeInteger(lamportClock) && typeof nodeId === "string")
      return { lamportClock: Number(lamportClock), nodeId };
  }
  const name = crypto.getRandomValues(new Uint8Array(6));
  return { lamportClock: 0, nodeId: [...name].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
}
