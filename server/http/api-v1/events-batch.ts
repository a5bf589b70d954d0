import {
  EVENT_BATCH_MAX,
  EVENT_BATCH_MAX_BYTES,
  EVENT_BATCH_PATH,
  isObject,
} from "#contract/events/program-events.ts";
import { parseExactJson } from "#contract/events/exact-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { writer, type CallerAccess } from "#server/domain/access/access.ts";
import { takeEvents, type EventOutcome } from "#server/domain/events/take-events.ts";
import { boundsOf, Places } from "#server/domain/limits/places.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { parseAnyJson } from "../kit/json-body.ts";
import { originOf } from "../kit/origin.ts";
import { answerSignal } from "../kit/request-signal.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { unpack } from "../kit/unpack.ts";
import { ApiRefusal } from "./api-answer.ts";

const access: CallerAccess = { ...writer, secure: true };

/** Batches that are read at once: each is in memory, some times over. */
const AT_ONCE = { perAccount: 4, perAddress: 16, perServer: 16 };

/**
 * `POST /api/v1/events/batch/` with `{"events": [...]}` packed by gzip: keeps up to 1,000 events, and says of each, in their
 * order, what became of it.
 */
export function apiEventsBatchRoute(ctx: HttpContext): CallerRoute {
  const places = new Places();
  return route(
    "POST",
    EVENT_BATCH_PATH,
    access,
    async (request, caller, reply) => {
      const { userId } = caller;
      await charge(ctx, userId);
      const { ip } = originOf(request);
      const of = boundsOf(AT_ONCE, userId, ip === undefined ? undefined : peerKeyOf(ip), full);
      const all = { key: "", max: AT_ONCE.perServer, full: full(AT_ONCE.perServer, "this server") };
      using _ = places.enter([...of, all]);
      const events = await readEvents(request.body, answerSignal(ctx, reply, caller));
      const outcomes = await takeEvents(ctx.store.programEvents, userId, events);
      for (const { status } of outcomes) ctx.metrics.programEvent(status);
      return { results: outcomes.map((outcome, at) => toResult(events[at], outcome)) };
    },
    { maxBytes: EVENT_BATCH_MAX_BYTES, stream: "gzip" },
  );
}

/** While the counters cannot be reached it goes uncounted, as messages do. */
async function charge({ limits, config }: HttpContext, userId: string): Promise<void> {
  const bucket = limitBucket("event-batch", userId);
  const rule = { ...bucket.rule, max: config.eventBatchesPerMinute };
  try {
    const attempt = await limits.take([{ ...bucket, rule }]);
    await attempt.settle("failed");
  } catch (error) {
    if (PipitError.from(error).code !== "LIMITS_UNREACHABLE") throw error;
  }
}

async function readEvents(body: unknown, signal: AbortSignal): Promise<readonly unknown[]> {
  try {
    const batch = parseAnyJson(await unpack(body, EVENT_BATCH_MAX_BYTES, signal), parseExactJson);
    const events = isObject(batch) ? batch["events"] : undefined;
    if (!Array.isArray(events)) throw new HttpError(400, "events: A list of events is required.");
    if (events.length <= EVENT_BATCH_MAX) return events;
    const message = `events: ${events.length} events are more than ${EVENT_BATCH_MAX}, which is the limit. Send them in several batches.`;
    throw new HttpError(400, message);
  } catch (reason) {
    // Clients of this route read `error`, and of `details` which events it is about: none, and all.
    if (!(reason instanceof HttpError) || reason.status !== 400) throw reason;
    throw new ApiRefusal(400, { error: reason.message, details: [] });
  }
}

/** The id as it came, so that the client knows it again. */
function toResult(event: unknown, outcome: EventOutcome): object {
  const id = isObject(event) ? event["event_id"] : undefined;
  const event_id = typeof id === "string" ? id : null;
  if (outcome.status !== "rejected") return { event_id, status: outcome.status };
  return { event_id, status: outcome.status, error_message: outcome.fault };
}

function full(max: number, who: string): string {
  return `${max} batches are being read for ${who} already, which is the limit. Send them one after the other.`;
}
