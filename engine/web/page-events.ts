import { v7 as uuidv7 } from "uuid";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import type { Logger } from "#contract/logger.ts";
import { readEvent, type ProgramEvent } from "#contract/events/program-events.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock, HttpClient } from "#engine/ports.ts";
import { keepPushing } from "#engine/program-events/keep-pushing.ts";
import { pushEvents, QUEUED_EVENTS_MAX } from "#engine/program-events/push-events.ts";
import type { Report } from "#engine/program-events/reports.ts";
import type { SignInState } from "#engine/session/session-api.ts";
import { createIndexedDbEvents, type EventPlace } from "./indexed-db-events.ts";
import type { PageDatabase } from "./page-database.ts";

export interface PageEventsDeps {
  readonly database: PageDatabase;
  readonly session: Pick<SignInState, "store">;
  /** Its requests carry the sign-in. */
  readonly api: HttpClient;
  readonly isWanted: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The reports of this page: they wait in this browser, by account, and are sent now and then until this is disposed of. */
export function createPageEvents(deps: PageEventsDeps) {
  const { database, session, api, isWanted, clock, logger } = deps;
  const queue = () => {
    const state = session.store.getState();
    return state.kind === "signed-in"
      ? createIndexedDbEvents(database, state.accountId, QUEUED_EVENTS_MAX)
      : undefined;
  };
  const pushing = keepPushing({
    clock,
    logger,
    random: Math.random,
    async push(signal): Promise<PipitError | undefined> {
      const own = queue();
      if (own === undefined) return undefined;
      // Whoever has switched reports off means also those that wait.
      if (!isWanted()) return void (await own.clear());
      return (await pushEvents(own, api, signal)).error;
    },
  });
  return {
    add: async (report: Report): Promise<void> => {
      await queue()?.add((place) => eventOf(report, place, clock.nowMs()));
    },
    [Symbol.dispose]: () => pushing[Symbol.dispose](),
  };
}

function eventOf(report: Report, { lamportClock, nodeId }: EventPlace, nowMs: number): ProgramEvent {
  const event = readEvent({
    event_id: uuidv7(),
    ...report,
    aggregate_type: "Client",
    aggregate_id: WEB_CLIENT_ID,
    node_id: nodeId,
    lamport_clock: lamportClock,
    timestamp: new Date(nowMs).toISOString(),
  });
  if ("faults" in event) throw new PipitError("INTERNAL", event.faults.join(" "));
  return event;
}
