import { readEvent, type ProgramEvent } from "#contract/events/program-events.ts";
import type { ProgramEventStore } from "./ports.ts";

/** What became of an event: kept, known already, or none. */
export type EventOutcome =
  | { readonly status: "success" | "duplicate" }
  | { readonly status: "rejected"; readonly fault: string };

/**
 * Keeps a batch of events: whatever of it is good, in one transaction. An id that comes twice, in one batch or in two, is
 * one event, which stays as it came first. Resolves to what became of each, in their order.
 */
export async function takeEvents(
  store: Pick<ProgramEventStore, "add">,
  userId: string,
  given: readonly unknown[],
): Promise<readonly EventOutcome[]> {
  const read = given.map(readEvent);
  const events = new Map<string, ProgramEvent>();
  for (const event of read)
    if (!("faults" in event) && !events.has(event.eventId)) events.set(event.eventId, event);
  const fresh = new Set(events.size === 0 ? [] : await store.add(userId, [...events.values()]));
  return read.map((event): EventOutcome => {
    if ("faults" in event) return { status: "rejected", fault: event.faults.join(" ") };
    return { status: fresh.delete(event.eventId) ? "success" : "duplicate" };
  });
}
