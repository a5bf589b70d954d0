import { access } from "node:fs/promises";
import { join } from "node:path";
import { v7 as uuidv7 } from "uuid";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isObject, readEvent, type ProgramEvent } from "#contract/events/program-events.ts";
import type { Clock, HttpClient } from "#engine/ports.ts";
import { pushEvents, type PushReport } from "#engine/program-events/push-events.ts";
import type { Report } from "#engine/program-events/reports.ts";
import type { SignInState } from "#engine/session/session-api.ts";
import { readIfThere, writePrivateFile } from "../files/private-files.ts";
import { formatTime } from "../keychain/credentials-file-token-store.ts";
import { openEventQueue, queuePath, type EventQueueFile, type QueueState } from "./event-queue.ts";
import { createLamportClock } from "./lamport-clock.ts";

/** Events that go from one queue to another at once. */
const MOVED_AT_ONCE = 1_000;
const reportTypes: readonly Report["event_type"][] = ["DeliveryReported", "UsageReported"];
const SCOPE_FILE = "active_queue_scope";

export interface ProgramEventsDeps {
  /** PIPIT_HOME. */
  readonly home: string;
  /** What names the server in the scope of a queue. */
  readonly server: string;
  /** Beyond it the oldest are dropped, and counted. */
  readonly maxEvents: number;
  /** Of this program; names its own reports. */
  readonly clientId: string;
  /** Whether this server is told how the program is used; may change. */
  readonly takesReports: () => boolean;
  readonly session: Pick<SignInState, "store">;
  /** Its requests carry the sign-in. */
  readonly api: HttpClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A damaged queue was put there. */
export interface WithAside {
  readonly setAside: string | undefined;
}

/** What a person's programs have noted, until a server has it. */
export type ProgramEvents = ReturnType<typeof createProgramEvents>;

/**
 * The events of the account in use at one server, each account with a queue of its own; of nobody, while nobody is signed
 * in: that queue goes with the next account that sends.
 */
export function createProgramEvents(deps: ProgramEventsDeps) {
  const { home, session, clock, logger } = deps;
  const lamport = createLamportClock(home, logger, () => clock.nowMs());
  const scope = (): string | undefined => {
    const state = session.store.getState();
    return state.kind === "signed-in" ? `${deps.server}|${state.accountId}|no-team`.toLowerCase() : undefined;
  };
  const open = (of: string | undefined): Promise<EventQueueFile> => openEventQueue(queuePath(home, of), deps);

  const own = {
    takesReports: deps.takesReports,
    /**
     * Queues events, all or none. What is missing of id, node, clock and time is filled in.
     *
     * @throws PipitError INVALID_REQUEST naming the first that is none, by its place from 1, in `field`; STORAGE_*
     */
    async add(
      given: readonly unknown[],
      signal: AbortSignal,
    ): Promise<{ readonly added: number; readonly evicted: number } & WithAside> {
      const seen = given.map((one) => (isObject(one) ? Number(one["lamport_clock"]) : 0));
      const unset = given.filter((one) => isObject(one) && one["lamport_clock"] === undefined).length;
      const greatest = Math.max(0, ...seen.filter((value) => Number.isSafeInteger(value)));
      using queue = await open(scope());
      const { first, nodeId } = await lamport.take(unset, greatest, () => queue.greatestClock(), signal);
      let next = first;
      const filled = given.map((one) =>
        isObject(one)
          ? {
              event_id: uuidv7(),
              node_id: nodeId,
              timestamp: formatTime(clock.nowMs()),
              ...one,
              lamport_clock: one["lamport_clock"] === undefined ? next++ : one["lamport_clock"],
            }
          : one,
      );
      const events = filled.map((one, at) => eventAt(one, at));
      const evicted = queue.add(events, clock.nowMs());
      return { added: events.length, evicted, setAside: queue.setAside };
    },

    /** Sends what waits. Throws PipitError SIGNED_OUT without a sign-in, STORAGE_*; what fails on the way is in the report. */
    async push(signal: AbortSignal): Promise<PushReport & QueueState & WithAside> {
      const of = scope();
      if (of === undefined)
        throw new PipitError("SIGNED_OUT", "Nobody is signed in. Sign in, and send them again.");
      using queue = await open(of);
      await keepScope(home, of);
      await takeOver(home, queue, open, clock.nowMs());
      // Whoever has switched reports off means also those that wait.
      if (!deps.takesReports()) queue.drop(reportTypes, deps.clientId);
      const report = await pushEvents(queue, deps.api, signal);
      return { ...report, ...queue.state(), setAside: queue.setAside };
    },

    /** {@link push} where there is a queue, and nothing else; resolves to what ended it. */
    async pushKept(signal: AbortSignal): Promise<PipitError | undefined> {
      const paths = [queuePath(home, scope()), queuePath(home, undefined)];
      if (scope() === undefined || !(await Promise.all(paths.map(isThere))).some(Boolean)) return undefined;
      return (await own.push(signal)).error;
    },

    /** How the queue is that {@link add} would add to. Throws STORAGE_*. */
    async state(): Promise<QueueState & WithAside & { readonly path: string }> {
      const path = queuePath(home, scope());
      using queue = await open(scope());
      return { ...queue.state(), setAside: queue.setAside, path };
    },
  };
  return own;
}

function eventAt(given: unknown, at: number): ProgramEvent {
  const event = readEvent(given);
  if (!("faults" in event)) return event;
  throw new PipitError("INVALID_REQUEST", event.faults.join(" "), { field: String(at + 1) });
}

/** For other programs of this home: whose queue is in use. */
async function keepScope(home: string, scope: string): Promise<void> {
  const path = join(home, SCOPE_FILE);
  if ((await readIfThere(path)) !== scope) await writePrivateFile(path, scope);
}

/** Added before they are removed: what is in both queues when a program is killed in between is one event. */
async function takeOver(
  home: string,
  queue: EventQueueFile,
  open: (of: undefined) => Promise<EventQueueFile>,
  nowMs: number,
): Promise<void> {
  if (!(await isThere(queuePath(home, undefined)))) return;
  using unclaimed = await open(undefined);
  for (;;) {
    const events = unclaimed.next({ events: MOVED_AT_ONCE, bytes: Infinity });
    if (events.length === 0) return;
    queue.add(
      events.map(({ eventId, data }) => ({ eventId, data, eventType: typeOf(data) })),
      nowMs,
    );
    unclaimed.settle({ success: events.map(({ eventId }) => eventId), duplicate: [], rejected: new Map() });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function typeOf(data: string): string {
  const event = readEvent(JSON.parse(data));
  return "faults" in event ? "" : event.eventType;
}
