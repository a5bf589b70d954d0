import { eventsUrl, whenOpen, type OpenEventSocket } from "#engine/events/event-socket.ts";

/** Opens sockets to the server that the page came from; the browser adds the cookie, and says which page it is. */
export function createPageEventSockets(serverUrl: string): OpenEventSocket {
  return (onText, cursor, signal) => whenOpen(new WebSocket(eventsUrl(serverUrl, cursor)), onText, signal);
}
