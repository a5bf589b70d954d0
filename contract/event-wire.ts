import { parseJson } from "./parse-json.ts";

/** Where events are told, over a WebSocket (docs/reference/developer-api.md, "Events"). */
export const EVENTS_PATH = "/ws/v1/events/";
/** The server pings so often, and drops a peer that has left one unanswered by the next. */
export const PING_EVERY_MS = 30_000;

/** What the server says; clients ignore what they do not know. */
export type ServerEvent =
  /** The first message. `work_packages` is what the original client reads. */
  | { readonly type: "snapshot"; readonly work_packages: readonly []; readonly account_id: string }
  /** To be answered by a pong with the same timestamp, which is of any JSON type. */
  | { readonly type: "ping" | "pong"; readonly timestamp: unknown }
  /** The sign-in of this socket has ended; nothing comes after it. */
  | { readonly type: "session.revoked" };

/**
 * A message of either side, and the answer to one that is a ping; undefined when it is no JSON object with a type. What nests
 * some thousand levels deep can be read and not be written: such a ping gets no answer.
 */
export function readEventMessage(
  text: string,
): { readonly type: string; readonly pong?: string | undefined } | undefined {
  const message = parseJson(text);
  if (typeof message !== "object" || message === null || !("type" in message)) return undefined;
  const { type } = message;
  if (typeof type !== "string") return undefined;
  return type === "ping" && "timestamp" in message ? { type, pong: pongOf(message.timestamp) } : { type };
}

function pongOf(timestamp: unknown): string | undefined {
  try {
    return JSON.stringify({ type: "pong", timestamp } satisfies ServerEvent);
  } catch {
    return undefined;
  }
}
