import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";

/** Longer than any way to a server; a proxy that swallows what it does not know answers nothing at all. */
const OPENS_WITHIN_MS = 10_000;

/** A server that leaves so much unread asks for answers and does not take them. */
const UNREAD_MAX_BYTES = 1024 * 1024;

/** A WebSocket that is open. */
export interface EventSocket {
  /** To one that is closed: nothing happens. One whose server takes nothing is closed. */
  send(text: string): void;
  close(): void;
  /** Resolves when it is closed, however. */
  readonly closed: Promise<void>;
}

/**
 * Opens a socket for events with the present sign-in.
 *
 * @param cursor of the last message that was heard
 * @throws PipitError SERVER_UNREACHABLE when none opens, whatever the reason; as `signedIn`; CANCELLED
 */
export type OpenEventSocket = (
  onText: (text: string) => void,
  cursor: string | undefined,
  signal: AbortSignal,
) => Promise<EventSocket>;

/** Where the socket of a server is. */
export function eventsUrl(serverUrl: string, cursor: string | undefined): URL {
  const url = new URL(serverUrl.replace(/\/$/u, "") + EVENTS_PATH);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (cursor !== undefined) url.searchParams.set("cursor", cursor);
  return url;
}

/** What the WebSocket of a browser and that of Node have in common. */
interface PlainSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

/** Waits until a socket is open. Throws as {@link OpenEventSocket}; it is closed then. */
export async function whenOpen(
  socket: PlainSocket,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<EventSocket> {
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(OPENS_WITHIN_MS)]);
  const giveUp = (): void => opened.reject(refused());
  limit.addEventListener("abort", giveUp, { once: true });
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("message", ({ data }) => onText(String(data)));
  // A "close" follows.
  socket.addEventListener("error", () => opened.reject(refused()));
  socket.addEventListener("close", () => {
    opened.reject(refused());
    closed.resolve();
  });
  try {
    if (limit.aborted) giveUp();
    await opened.promise;
  } catch (error) {
    socket.close();
    throw signal.aborted ? new PipitError("CANCELLED", "Cancelled.", { cause: signal.reason }) : error;
  } finally {
    limit.removeEventListener("abort", giveUp);
  }
  const send = (text: string): void => {
    if (socket.bufferedAmount <= UNREAD_MAX_BYTES) return socket.send(text);
    socket.close();
    closed.resolve();
  };
  return { send, close: () => socket.close(), closed: closed.promise };
}

function refused(): PipitError {
  return new PipitError("SERVER_UNREACHABLE", "The server, or a proxy before it, takes no WebSocket.");
}
