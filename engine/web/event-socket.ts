import { EVENTS_PATH } from "#contract/event-wire.ts";
import { whenOpen, type OpenEventSocket } from "#engine/events/event-socket.ts";

/** Opens sockets to the server that the page came from; the browser adds the cookie, and says which page it is. */
export function createPageEventSockets(serverUrl: string): OpenEventSocket {
  const url = new URL(EVENTS_PATH, serverUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return (onText, signal) => whenOpen(new WebSocket(url), onText, signal);
}
