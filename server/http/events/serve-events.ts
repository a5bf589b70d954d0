import type { RawData, WebSocket } from "ws";
import type { Clock } from "#contract/clock.ts";
import { readEventMessage, type ServerEvent } from "#contract/events/event-wire.ts";
import type { Logger } from "#contract/logger.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { RoomNews, WatchedRooms } from "#server/domain/rooms/room-watch.ts";
import type { LiveMember } from "#server/domain/rooms/room-live.ts";
import { COMMON_ROOM, namedRoom } from "#server/domain/rooms/ports.ts";
import type { Sync } from "#server/domain/sync/sync.ts";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import type { SocketEnd, SocketMetrics } from "#server/observe/metrics.ts";
import { closeSocket } from "../kit/socket-upgrades.ts";
import { EventReader, EVENTS_AT_ONCE, type EventReaderDeps } from "./event-reader.ts";
import { warnUnlessTold } from "#server/domain/outage.ts";

/** A peer that leaves so much unread is told no single changes any more. */
const LAGGING_BYTES = 1024 * 1024;
/** A peer that leaves so much unread has stopped reading. */
const UNREAD_MAX_BYTES = 4 * LAGGING_BYTES;
/** RFC 6455 §7.4.1, and IANA's registry of close codes. */
const [POLICY_VIOLATION, TRY_AGAIN_LATER] = [1008, 1013] as const;

export interface EventsLink extends Omit<EventReaderDeps, "sync"> {
  readonly caller: Caller;
  /** Where the client says it is. */
  readonly cursor: string | undefined;
  readonly sync: EventReaderDeps["sync"] & Pick<Sync, "follow">;
  /** The rooms of the caller. */
  readonly rooms: Pick<WatchedRooms, "listen" | "refresh">;
  /** What the caller says of them. */
  readonly live: LiveMember;
  /** Sockets that close from then on do so because the server does. */
  readonly isStopping: () => boolean;
  /** Given back when the socket is closed. */
  readonly place: Disposable;
  readonly guard: Pick<TokenGuard, "watch">;
  readonly clock: Clock;
  readonly metrics: SocketMetrics;
  readonly logger: Logger;
  /** A peer that has left one unanswered by the next is dropped. */
  readonly pingEveryMs: number;
}

/** Serves one socket until it is closed: a snapshot, what happens, and pings, of which a peer may leave none unanswered. */
export function serveEvents(socket: WebSocket, link: EventsLink): void {
  const { caller, place, guard, clock, metrics, pingEveryMs } = link;
  let heard = true;
  let end: SocketEnd = "peer";
  metrics.socketOpened();
  const write = (text: string, sent?: () => void): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > UNREAD_MAX_BYTES) {
      end = "unread";
      closeSocket(socket, TRY_AGAIN_LATER, "Too much is left unread.");
      return;
    }
    socket.send(text, sent);
    metrics.socketTold();
  };
  const send = (event: ServerEvent, sent?: () => void): void => write(JSON.stringify(event), sent);
  const told = tellChanges(socket, link, send, write);
  const watch = guard.watch(caller, () => {
    end = "revoked";
    send({ type: "session.revoked" });
    closeSocket(socket, POLICY_VIOLATION, "The session has ended.");
  });
  const pings = setInterval(() => {
    if (!heard) {
      end = "silent";
      return socket.terminate();
    }
    heard = false;
    send({ type: "ping", timestamp: clock.nowMs() });
  }, pingEveryMs);
  const hear = (): void => {
    heard = true;
  };
  socket.on("ping", hear).on("pong", hear);
  socket.on("message", (data: RawData) => {
    hear();
    const message = readEventMessage(String(data));
    if (message?.pong !== undefined) write(message.pong);
    else if (message !== undefined) void hearOfRoom(message, link, send);
  });
  // Too long a message, or what is no WebSocket: the library closes it with the code for that.
  socket.on("error", () => {
    end = "error";
  });
  socket.on("close", () => {
    metrics.socketClosed(end === "peer" && link.isStopping() ? "stopping" : end);
    clearInterval(pings);
    told[Symbol.dispose]();
    watch[Symbol.dispose]();
    place[Symbol.dispose]();
  });
}

/** Says what happens to the account as fast as the peer reads it. */
function tellChanges(
  socket: WebSocket,
  { caller: { userId }, sync, chats, rooms, cursor, clock, metrics, logger }: EventsLink,
  send: (event: ServerEvent, sent?: () => void) => void,
  write: (text: string) => void,
): Disposable {
  const reader = new EventReader({ sync, chats }, userId, cursor);
  let isTelling = false;
  let again = false;
  /** What comes now has just happened. */
  let hasAll = false;
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  const tellNext = async (): Promise<void> => {
    if (socket.bufferedAmount > LAGGING_BYTES) {
      const resync = await reader.skip();
      await rooms.refresh();
      metrics.socketResync();
      // When it has been taken, so has all before it.
      await new Promise<void>((taken) => (isOpen() ? send(resync, taken) : taken()));
      again = true;
      return;
    }
    const events = await reader.next();
    // From here on it is told of a new room, and not of one that it has left.
    if (events.some(mayMove)) await rooms.refresh();
    if (isOpen()) for (const event of events) send(event);
    const [first] = events;
    if (hasAll && first !== undefined && "at" in first) metrics.syncLag(clock.nowMs() - Date.parse(first.at));
    hasAll = events.length < EVENTS_AT_ONCE;
    again ||= !hasAll;
  };
  const more = async (): Promise<void> => {
    again = true;
    if (isTelling) return;
    isTelling = true;
    try {
      while (again && isOpen()) {
        again = false;
        await tellNext();
      }
    } catch (error) {
      // Tried again a second later, if there is something.
      warnUnlessTold(logger, "events.unread", error);
    } finally {
      isTelling = false;
    }
  };
  const followed = sync.follow(userId, {
    get seq() {
      return reader.seq;
    },
    more: () => void more(),
  });
  rooms.listen((news) => {
    // One that lags is told to read all anew.
    if (socket.bufferedAmount > LAGGING_BYTES) void more();
    else write(textOf(news));
  });
  void more();
  return followed;
}

/** After it the account may be in other rooms than it was when its socket was opened. */
function mayMove({ type, ...event }: ServerEvent): boolean {
  const kind = "kind" in event ? event.kind : undefined;
  return type === "snapshot" || kind === "room.joined" || kind === "room.left";
}

/** What a client says or asks of a room; what this server does not know comes to nothing. */
async function hearOfRoom(
  { type, json }: { readonly type: string; readonly json: object },
  { live, logger }: EventsLink,
  send: (event: ServerEvent) => void,
): Promise<void> {
  const room: unknown = "room" in json ? json.room : COMMON_ROOM;
  if (typeof room !== "string") return;
  try {
    if (type === "typing") await live.typing(room);
    if (type !== "presence") return;
    const logins = await live.present(room);
    send({ type, ...namedRoom(room), ...(logins !== undefined && { logins }) });
  } catch (error) {
    warnUnlessTold(logger, "events.room_unheard", error);
  }
}

function eventOf(news: RoomNews): ServerEvent {
  const room = namedRoom(news.roomId);
  return news.kind === "typing"
    ? { type: "typing", ...room, login: news.login }
    : { type: "event", kind: news.kind, ...room, room_seq: news.seq };
}

/** Of news that all members of a room are told. */
const texts = new WeakMap<RoomNews, string>();

function textOf(news: RoomNews): string {
  let text = texts.get(news);
  if (text === undefined) {
    text = JSON.stringify(eventOf(news));
    texts.set(news, text);
  }
  return text;
}
