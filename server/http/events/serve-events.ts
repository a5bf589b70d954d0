import type { RawData, WebSocket } from "ws";
import type { Clock } from "#contract/clock.ts";
import { PING_EVERY_MS, readEventMessage, type ServerEvent } from "#contract/event-wire.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import { closeSocket } from "../kit/socket-upgrades.ts";

/** A peer that leaves so much unread has stopped reading. */
const UNREAD_MAX_BYTES = 1024 * 1024;
/** RFC 6455 §7.4.1. */
const POLICY_VIOLATION = 1008;

export interface EventsLink {
  readonly caller: Caller;
  /** Given back when the socket is closed. */
  readonly place: Disposable;
  readonly guard: Pick<TokenGuard, "watch">;
  readonly clock: Clock;
}

/** Serves one socket until it is closed: a snapshot, what happens, and pings, of which a peer may leave none unanswered. */
export function serveEvents(socket: WebSocket, link: EventsLink): void {
  const { caller, place, guard, clock } = link;
  let heard = true;
  const write = (text: string): void => {
    if (socket.bufferedAmount > UNREAD_MAX_BYTES) socket.terminate();
    else socket.send(text);
  };
  const send = (event: ServerEvent): void => write(JSON.stringify(event));
  const watch = guard.watch(caller, () => {
    send({ type: "session.revoked" });
    closeSocket(socket, POLICY_VIOLATION, "The session has ended.");
  });
  const pings = setInterval(() => {
    if (!heard) return socket.terminate();
    heard = false;
    send({ type: "ping", timestamp: clock.nowMs() });
  }, PING_EVERY_MS);
  const hear = (): void => {
    heard = true;
  };
  socket.on("ping", hear).on("pong", hear);
  socket.on("message", (data: RawData) => {
    hear();
    const pong = readEventMessage(String(data))?.pong;
    if (pong !== undefined) write(pong);
  });
  // Too long a message, or what is no WebSocket: the library closes it with the code for that.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearInterval(pings);
    watch[Symbol.dispose]();
    place[Symbol.dispose]();
  });
  send({ type: "snapshot", work_packages: [], account_id: caller.userId });
}
