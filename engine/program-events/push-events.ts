import * as z from "zod/mini";
import {
  EVENT_BATCH_MAX,
  EVENT_BATCH_MAX_BYTES,
  EVENT_BATCH_PATH as path,
  eventIdOf,
} from "#contract/events/program-events.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpClient, HttpResponse } from "#engine/ports.ts";
import { refusalOf } from "#engine/wire/json-api.ts";

/** A batch may be eight megabytes over a slow network. */
const BATCH_TIMEOUT_MS = 60_000;
/** What an event waits for that is none of a batch with others: brackets, commas, its name. */
const ROOM_BYTES = 4_096;

/** An event that waits to be sent. */
export interface QueuedEvent {
  readonly eventId: string;
  /** Its JSON. */
  readonly data: string;
}

/** What a batch has come to: each of its events is in one of these. */
export interface BatchOutcome {
  readonly success: readonly string[];
  readonly duplicate: readonly string[];
  /** By id, why; `own`: for what is in the event, not for what became of the batch. */
  readonly rejected: ReadonlyMap<string, { readonly why: string; readonly own: boolean }>;
}

/** What other programs of this kind keep, unless they are told otherwise. */
export const QUEUED_EVENTS_MAX = 100_000;

/** Events in the order in which they go: those that the server has refused by themselves behind all others. */
export interface EventQueue {
  /** The first ones, at least one where there is any. */
  next(max: {
    readonly events: number;
    readonly bytes: number;
  }): readonly QueuedEvent[] | Promise<readonly QueuedEvent[]>;
  /** What is delivered goes; what is not has failed once more, and goes again. */
  settle(outcome: BatchOutcome): void | Promise<void>;
}

/** What a run of batches has come to. */
export interface PushReport {
  readonly success: number;
  readonly duplicate: number;
  /** Events that still wait because they were rejected in this run, by id. */
  readonly rejected: ReadonlyMap<string, string>;
  /** What ended the run. */
  readonly error: PipitError | undefined;
}

/**
 * Sends what waits, batch after batch, until nothing does, or until a batch of which nothing was delivered: what is wrong
 * with that would be wrong with the next one. A proxy may take less at once than the server does: after its 413 the run
 * goes on with half as many at a time. Nothing is ever dropped because it failed often.
 *
 * @param api its requests carry the sign-in. Throws PipitError
 */
export async function pushEvents(
  queue: EventQueue,
  api: HttpClient,
  signal: AbortSignal,
): Promise<PushReport> {
  let [success, duplicate] = [0, 0];
  const rejected = new Map<string, string>();
  let events = EVENT_BATCH_MAX;
  for (;;) {
    const batch = await queue.next({ events, bytes: EVENT_BATCH_MAX_BYTES - ROOM_BYTES });
    if (batch.length === 0) return { success, duplicate, rejected, error: undefined };
    const { outcome, error, tooLarge } = await sent(batch, api, signal);
    // Whoever stops it says nothing of these events.
    if (error?.code === "CANCELLED") return { success, duplicate, rejected, error };
    if (tooLarge && batch.length > 1) {
      events = Math.floor(batch.length / 2);
      continue;
    }
    await queue.settle(outcome);
    for (const [id, { why }] of outcome.rejected) rejected.set(id, why);
    for (const id of [...outcome.success, ...outcome.duplicate]) rejected.delete(id);
    success += outcome.success.length;
    duplicate += outcome.duplicate.length;
    if (outcome.success.length + outcome.duplicate.length === 0)
      return { success, duplicate, rejected, error };
  }
}

async function sent(
  batch: readonly QueuedEvent[],
  api: HttpClient,
  signal: AbortSignal,
): Promise<{
  readonly outcome: BatchOutcome;
  readonly error: PipitError | undefined;
  readonly tooLarge?: boolean;
}> {
  try {
    const request = {
      method: "POST",
      path,
      headers: { accept: "application/json", "content-type": "application/json" },
      body: `{"events":[${batch.map(({ data }) => data).join(",")}]}`,
      packed: true,
      timeoutMs: BATCH_TIMEOUT_MS,
    } as const;
    const response = await api.request(request, signal);
    if (response.status === 200) return { outcome: outcomeIn(response.body, batch), error: undefined };
    if (response.status === 400) return { outcome: outcomeOf400(response, batch), error: refusal(response) };
    const error = refusalOf(path, response);
    if (response.status !== 413) throw error;
    // Of one alone it is that event's own fault: it goes behind the others.
    return { outcome: failed(batch, error.message, batch.length === 1), error, tooLarge: true };
  } catch (reason) {
    const error = PipitError.from(reason);
    return { outcome: failed(batch, error.message), error };
  }
}

const resultSchema = z.object({
  event_id: z.nullish(z.string()),
  status: z.string(),
  error_message: z.nullish(z.string()),
  error: z.nullish(z.string()),
});
const answerSchema = z.object({ results: z.array(z.unknown()) });

/** Of an event of which nothing was said, nothing is known: it goes again. */
function outcomeIn(body: string, batch: readonly QueuedEvent[]): BatchOutcome {
  const answer = answerSchema.safeParse(parseJson(body));
  if (!answer.success) return failed(batch, "The server's answer could not be read.");
  const told = new Map<string, z.infer<typeof resultSchema>>();
  for (const one of answer.data.results) {
    const { data } = resultSchema.safeParse(one);
    if (data?.event_id) told.set(sameId(data.event_id), data);
  }
  const idsWith = (status: string): readonly string[] =>
    batch.flatMap(({ eventId }) => (told.get(sameId(eventId))?.status === status ? [eventId] : []));
  const [success, duplicate] = [idsWith("success"), idsWith("duplicate")];
  const delivered = new Set([...success, ...duplicate]);
  const rejected = batch.flatMap(({ eventId }) => {
    if (delivered.has(eventId)) return [];
    const result = told.get(sameId(eventId));
    const why = result?.error_message ?? result?.error ?? "The server said nothing of this event.";
    return [[eventId, { why, own: result !== undefined }] as const];
  });
  return { success, duplicate, rejected: new Map(rejected) };
}

/** A server answers an id as it came, which may be another spelling than the one of the queue. */
function sameId(id: string): string {
  return eventIdOf(id) ?? id.toLowerCase();
}

const refusedSchema = z.object({ error: z.string(), details: z.nullish(z.unknown()) });
const detailSchema = z.object({
  event_id: z.string(),
  error: z.nullish(z.string()),
  reason: z.nullish(z.string()),
});

/** `details` is a list, or JSON of one, of the events that are at fault; `error` is why the others did not go. */
function outcomeOf400(response: HttpResponse, batch: readonly QueuedEvent[]): BatchOutcome {
  const { data } = refusedSchema.safeParse(parseJson(response.body));
  if (data === undefined) return failed(batch, refusalOf(path, response).message);
  const details = typeof data.details === "string" ? parseJson(data.details) : data.details;
  const faults = new Map<string, string>();
  for (const one of Array.isArray(details) ? (details as readonly unknown[]) : []) {
    const detail = detailSchema.safeParse(one).data;
    if (detail !== undefined)
      faults.set(sameId(detail.event_id), detail.error ?? detail.reason ?? data.error);
  }
  const rejected = batch.map(({ eventId }) => {
    const fault = faults.get(sameId(eventId));
    return [eventId, { why: fault ?? data.error, own: fault !== undefined }] as const;
  });
  return { success: [], duplicate: [], rejected: new Map(rejected) };
}

function refusal(response: HttpResponse): PipitError {
  const { data } = refusedSchema.safeParse(parseJson(response.body));
  return data === undefined ? refusalOf(path, response) : new PipitError("INVALID_REQUEST", data.error);
}

function failed(batch: readonly QueuedEvent[], why: string, own = false): BatchOutcome {
  return {
    success: [],
    duplicate: [],
    rejected: new Map(batch.map(({ eventId }) => [eventId, { why, own }])),
  };
}
