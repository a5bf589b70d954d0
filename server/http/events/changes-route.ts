import { z } from "zod";
import { CHANGES_PATH } from "#contract/events/event-wire.ts";
import { reader } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readParameters } from "../kit/parameters.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { EventReader, EVENTS_AT_ONCE } from "./event-reader.ts";

/** Where a client that reads events says it is; what it cannot be gets a snapshot, as one that is too old does. */
export const eventsQuery = z.object({
  cursor: z.string("must be one text").max(100).optional().catch(undefined),
});

/** `GET /v1/changes`: what a socket for events would say, for clients that get none through. */
export function changesRoute({ sync, store: { chats } }: HttpContext): CallerRoute {
  return route("GET", CHANGES_PATH, reader, async (request, { userId }) => {
    const { cursor } = readParameters(eventsQuery, request.query);
    const data = await new EventReader({ sync, chats }, userId, cursor).next();
    return { data, more: data.length === EVENTS_AT_ONCE };
  });
}
