import { once } from "node:events";
import { WebSocket } from "ws";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";

/** A socket for events, as a client sees it. */
export interface EventClient extends AsyncDisposable {
  /** The next message, in order. Rejects when it was closed without one. */
  next(): Promise<Readonly<Record<string, unknown>>>;
  send(...messages: readonly string[]): void;
  /** The code that it was closed with. */
  readonly closed: Promise<number>;
}

/** A token that opens one socket. */
export async function wsTokenOf(httpUrl: string, accessToken: string): Promise<string> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const answer = await fetch(`${httpUrl}/api/v1/ws-token/`, { method: "POST", headers });
  const body = (await answer.json()) as { readonly ws_token?: string };
  if (body.ws_token === undefined) throw new Error(`no token for a socket: ${answer.status}`);
  return body.ws_token;
}

/** Opens a socket; rejects with the status, as a text, when the server refuses the handshake. */
export async function openEvents(
  httpUrl: string,
  headers: Readonly<Record<string, string>>,
  query = "",
): Promise<EventClient> {
  const socket = new WebSocket(`${httpUrl}${EVENTS_PATH}${query}`, { headers });
  const messages: string[] = [];
  const waiting: ((text: string | undefined) => void)[] = [];
  socket.on("message", (data) => {
    const text = String(data);
    const waiter = waiting.shift();
    if (waiter === undefined) messages.push(text);
    else waiter(text);
  });
  const closed = new Promise<number>((resolve) => {
    socket.on("close", (code) => {
      for (const waiter of waiting.splice(0)) waiter(undefined);
      resolve(code);
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      reject(String(response.statusCode));
    });
    socket.on("error", (error) => reject(error));
  });
  return {
    async next() {
      const text =
        messages.shift() ?? (await new Promise<string | undefined>((resolve) => waiting.push(resolve)));
      if (text === undefined) throw new Error("closed without another message");
      return JSON.parse(text) as Readonly<Record<string, unknown>>;
    },
    send: (...texts) => texts.forEach((text) => socket.send(text)),
    closed,
    async [Symbol.asyncDispose]() {
      if (socket.readyState === WebSocket.CLOSED) return;
      socket.close();
      await once(socket, "close");
    },
  };
}
