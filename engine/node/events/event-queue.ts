import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { systemCodeOf } from "#contract/system-error.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ProgramEvent } from "#contract/events/program-events.ts";
import type { BatchOutcome, EventQueue, QueuedEvent } from "#engine/program-events/push-events.ts";
import { ensurePrivateFolder, isFull, storageError } from "../files/private-files.ts";
import { damage, isDamage, prepareFile, setDatabaseAside } from "../files/sqlite-file.ts";

const BUSY_TIMEOUT_MS = 5_000;
/** Most bytes on disk: a hundred thousand events of 10 KiB. */
const MAX_BYTES = 1024 * 1024 * 1024;

/**
 * The first table is that of the original (docs/reference/developer-api.md, "The queue of events"), with two columns more:
 * how often the server has refused this very event, and what it said.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT UNIQUE NOT NULL,
    event_type TEXT NOT NULL,
    data TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    retry_count INTEGER NOT NULL DEFAULT 0,
    coalesce_key TEXT,
    refusals INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
  );
  CREATE INDEX IF NOT EXISTS queue_by_turn ON queue (refusals, timestamp, id);
  CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
`;

/** How the queue is. */
export interface QueueState {
  readonly waiting: number;
  /** Of those, the server has refused so many. */
  readonly refused: number;
  /** What was said of the one that was refused most often. */
  readonly lastError: string | undefined;
  /** Epoch milliseconds. */
  readonly oldestAtMs: number | undefined;
  /** Events that were dropped since this queue began, because too many waited. */
  readonly evicted: number;
}

export interface EventQueueFile extends EventQueue, Disposable {
  /**
   * Queues events, all or none; one with the id of another that waits takes its place. Beyond `maxEvents` the oldest go.
   * Resolves to how many went.
   */
  add(events: readonly Pick<ProgramEvent, "eventId" | "eventType" | "data">[], nowMs: number): number;
  next(max: Parameters<EventQueue["next"]>[0]): readonly QueuedEvent[];
  settle(outcome: BatchOutcome): void;
  state(): QueueState;
  /** Removes events of these types that are of this aggregate. */
  drop(eventTypes: readonly string[], aggregateId: string): void;
  /** The greatest time of events that wait; 0 for none. */
  greatestClock(): number;
  /** Where a damaged queue was put; tell the person. */
  readonly setAside: string | undefined;
}

/** The file of an account's queue; of what was queued while nobody was signed in, where there is no account. */
export function queuePath(home: string, scope: string | undefined): string {
  if (scope === undefined) return join(home, "queue.db");
  return join(home, "queues", `queue-${createHash("sha256").update(scope).digest("hex").slice(0, 16)}.db`);
}

/**
 * Opens a queue of events: one SQLite file of mode 0600, which several programs may use at once. What was added survives
 * `kill -9` and a power cut. A damaged file is put aside, whole, and a new one begun.
 *
 * @throws PipitError STORAGE_FULL, STORAGE_UNREADABLE; so do all of its methods
 */
export async function openEventQueue(
  path: string,
  { maxEvents, logger }: { readonly maxEvents: number; readonly logger: Logger },
): Promise<EventQueueFile> {
  await ensurePrivateFolder(dirname(path));
  let setAside: string | undefined;
  let db: Database.Database;
  try {
    db = await open(path);
  } catch (error) {
    if (!isDamage(error)) throw queueError(error, path);
    setAside = await setDatabaseAside(path);
    logger.warn("events.queue_damaged", { path: setAside, reason: systemCodeOf(error) || "unknown" });
    db = await open(path).catch((second: unknown) => {
      throw queueError(second, path);
    });
  }
  return { ...guarded(methodsOf(db, maxEvents), path), setAside, [Symbol.dispose]: () => void db.close() };
}

async function open(path: string): Promise<Database.Database> {
  await prepareFile(path);
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma(`max_page_count = ${Math.ceil(MAX_BYTES / Number(db.pragma("page_size", { simple: true })))}`);
    if (db.pragma("quick_check", { simple: true }) !== "ok") throw damage("SQLITE_CORRUPT");
    db.transaction(() => db.exec(schema)).immediate();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function methodsOf(db: Database.Database, maxEvents: number) {
  // A clock that was set back must not let what comes later go first.
  const insert = db.prepare(
    `INSERT OR REPLACE INTO queue (event_id, event_type, data, timestamp)
     VALUES (@eventId, @eventType, @data, max(@nowMs, coalesce((SELECT max(timestamp) FROM queue), 0)))`,
  );
  const evict = db.prepare(
    `DELETE FROM queue WHERE id IN (SELECT id FROM queue ORDER BY timestamp, id
       LIMIT max(0, (SELECT count(*) FROM queue) - ?))`,
  );
  const count = db.prepare(
    `INSERT INTO counts (name, value) VALUES ('evicted', ?)
     ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`,
  );
  // What the server refuses comes last: a thousand of such would keep all others waiting for ever.
  const waiting = db.prepare<[], QueuedEvent>(
    "SELECT event_id AS eventId, data FROM queue ORDER BY refusals, timestamp, id",
  );
  const remove = db.prepare("DELETE FROM queue WHERE event_id = ?");
  const fail = db.prepare(
    `UPDATE queue SET retry_count = retry_count + 1, refusals = refusals + @own, last_error = @why
     WHERE event_id = @eventId`,
  );
  const state = db.prepare<[], { [Key in keyof QueueState]: QueueState[Key] | null }>(
    `SELECT count(*) AS waiting, coalesce(sum(refusals > 0), 0) AS refused, min(timestamp) AS oldestAtMs,
       (SELECT last_error FROM queue ORDER BY refusals DESC, retry_count DESC LIMIT 1) AS lastError,
       coalesce((SELECT value FROM counts WHERE name = 'evicted'), 0) AS evicted FROM queue`,
  );
  const greatest = db.prepare<[], { value: number | null }>(
    "SELECT max(json_extract(data, '$.lamport_clock')) AS value FROM queue",
  );
  const removeOf = db.prepare(
    "DELETE FROM queue WHERE event_type = ? AND json_extract(data, '$.aggregate_id') = ?",
  );
  const drop = db.transaction((eventTypes: readonly string[], aggregateId: string) => {
    for (const eventType of eventTypes) removeOf.run(eventType, aggregateId);
  });
  const add = db.transaction((events: Parameters<EventQueueFile["add"]>[0], nowMs: number) => {
    for (const { eventId, eventType, data } of events) insert.run({ eventId, eventType, data, nowMs });
    const { changes } = evict.run(maxEvents);
    if (changes > 0) count.run(changes);
    return changes;
  });
  const settle = db.transaction(({ success, duplicate, rejected }: Parameters<EventQueue["settle"]>[0]) => {
    for (const id of [...success, ...duplicate]) remove.run(id);
    for (const [eventId, { why, own }] of rejected) fail.run({ eventId, why, own: own ? 1 : 0 });
  });
  return {
    add: (...given: Parameters<EventQueueFile["add"]>) => add.immediate(...given),
    next({ events, bytes }: Parameters<EventQueue["next"]>[0]): readonly QueuedEvent[] {
      const some: QueuedEvent[] = [];
      let sum = 0;
      for (const event of waiting.iterate()) {
        sum += Buffer.byteLength(event.data) + 1;
        if (some.length === events || (sum > bytes && some.length > 0)) break;
        some.push(event);
      }
      return some;
    },
    settle: (outcome: Parameters<EventQueue["settle"]>[0]) => settle.immediate(outcome),
    drop: (...given: Parameters<EventQueueFile["drop"]>) => drop.immediate(...given),
    greatestClock: () => greatest.get()?.value ?? 0,
    state(): QueueState {
      const row = state.get();
      return {
        waiting: row?.waiting ?? 0,
        refused: row?.refused ?? 0,
        lastError: row?.lastError ?? undefined,
        oldestAtMs: row?.oldestAtMs ?? undefined,
        evicted: row?.evicted ?? 0,
      };
    },
  };
}

function guarded(methods: ReturnType<typeof methodsOf>, path: string): ReturnType<typeof methodsOf> {
  const guard =
    <Given extends readonly unknown[], T>(work: (...given: Given) => T, full?: string) =>
    (...given: Given): T => {
      try {
        return work(...given);
      } catch (error) {
        throw queueError(error, path, full);
      }
    };
  return {
    add: guard(methods.add, `None of these events was queued in ${path}`),
    next: guard(methods.next),
    settle: guard(
      methods.settle,
      `${path} still holds what was just sent, and sends it again, which does no harm`,
    ),
    drop: guard(methods.drop),
    greatestClock: guard(methods.greatestClock),
    state: guard(methods.state),
  };
}

/** @param full what has become of the events where there is no room */
function queueError(error: unknown, path: string, full = `The queue ${path} was not changed`): PipitError {
  if (error instanceof PipitError) return error;
  if (isFull(systemCodeOf(error))) {
    const message = `${full}: there is no room. Free some space, or send what waits (pipit events push), and try again.`;
    return new PipitError("STORAGE_FULL", message, { cause: error });
  }
  if (isDamage(error)) {
    const message = `The queue of events ${path} is damaged. Do this once more: it is put aside, and a new one begun.`;
    return new PipitError("STORAGE_CORRUPT", message, { cause: error });
  }
  return storageError(error, path);
}
