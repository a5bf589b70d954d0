import { AsyncLocalStorage } from "node:async_hooks";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import type { CallerAccess } from "#server/domain/access/access.ts";
import { boundsOf, Places } from "#server/domain/limits/places.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { readParameters } from "../kit/parameters.ts";
import { originOf } from "../kit/origin.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { eventsQuery } from "./changes-route.ts";
import { serveEvents } from "./serve-events.ts";

/** A page can set no headers here, and an address is written into logs: so it comes in by its cookie. */
const access: CallerAccess = {
  who: "person",
  proof: "ws-token-or-cookie",
  scope: "api:read",
  secure: true,
};

/** `GET /ws/v1/events/`: a WebSocket that tells a client what happens to its account. */
export function eventsRoute(ctx: HttpContext): CallerRoute {
  const { config, guard, clock, sync, roomWatch, roomLive, metrics, logger, isStopping, pingEveryMs } = ctx;
  const { chats } = ctx.store;
  const caps = { perAccount: config.socketsPerAccount, perAddress: config.socketsPerAddress };
  const places = new Places();
  // What a request's own context begins keeps all of the request, and a socket is open for days.
  const outside = AsyncLocalStorage.snapshot();
  return route("GET", EVENTS_PATH, access, async (request, caller, reply) => {
    if (request.acceptSocket === undefined) {
      reply.header("upgrade", "websocket");
      throw new HttpError(426, "This address speaks WebSocket only (RFC 6455).");
    }
    const { cursor } = readParameters(eventsQuery, request.query);
    const { ip } = originOf(request);
    const network = ip === undefined ? undefined : peerKeyOf(ip);
    using entering = new DisposableStack();
    entering.use(places.enter(boundsOf(caps, caller.userId, network, full)));
    // Before the socket is open: its client lists its rooms then, and misses nothing that comes after.
    const rooms = await roomWatch.follow(caller.userId);
    entering.use(rooms);
    const socket = request.acceptSocket(reply);
    if (socket !== undefined) {
      const place = entering.move();
      outside(serveEvents, socket, {
        caller,
        cursor,
        place,
        isStopping,
        guard,
        clock,
        sync,
        chats,
        rooms,
        live: roomLive.join(caller.userId),
        metrics,
        logger,
        pingEveryMs,
      });
    }
    return reply;
  });
}

function full(max: number, who: string): string {
  return `${max} sockets are open for ${who} already, which is the limit. Close one.`;
}
