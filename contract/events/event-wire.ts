import { parseJson } from "../parse-json.ts";

/** What happened after a cursor, where no WebSocket gets through: the same messages. */
export const CHANGES_PATH = "/v1/changes";
/** Where events are told, over a WebSocket (docs/reference/developer-api.md, "Events"). */
export const EVENTS_PATH = "/ws/v1/events/";
/** The server pings so often, and drops a peer that has left one unanswered by the next. */
export const PING_EVERY_MS = 30_000;

/** What can happen to an account's data. A chat that a question began is told of by its first `turn.begun`. */
export type ChangeKind =
  /** Made without a question, copied or imported. */
  | "chat.created"
  /** Its title is another one, whoever gave it. */
  | "chat.renamed"
  /** It is pinned, archived or unread now, or is not any more, or is of another project. */
  | "chat.changed"
  | "chat.deleted"
  | "chat.restored"
  | "turn.begun"
  | "turn.finished"
  /** Exchanges were taken out of their chat or brought back, or others are shown. */
  | "turn.changed"
  /** What is remembered, or whether anything is. */
  | "memory.changed"
  | "project.changed"
  /** What the account is called, says of itself, or is answered by. */
  | "settings.changed"
  | "room.invited"
  /** It is in the room from now on: it made it, or accepted an invitation. */
  | "room.joined"
  /** It is not any more, or the invitation is gone; whoever did that. */
  | "room.left"
  /** A message that stands in the room names it. */
  | "room.mention";

/** How to go on from a message: `cursor` in the query of the next socket. Clients make nothing of its text. */
interface WithCursor {
  readonly cursor: string;
}

/** One thing that happened. */
export interface ChangeEvent extends WithCursor {
  readonly type: "event";
  readonly kind: ChangeKind;
  /** Of this account; each change has a greater one than all before. */
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly chat_id?: string | undefined;
  readonly turn_id?: string | undefined;
  /** Of the kinds that begin with "room."; absent: the common room. */
  readonly room?: string | undefined;
  /** The entry of the room. */
  readonly room_seq?: number | undefined;
}

/**
 * Something that is told to sockets that are open, and written for nobody: that a room has more than it had
 * (`room.message`), or that the account has read up to there, at whichever device (`room.read`).
 */
export interface RoomNewsEvent {
  readonly type: "event";
  readonly kind: "room.message" | "room.read";
  /** Absent: the common room. */
  readonly room?: string | undefined;
  /** Of the room's newest entry, or the newest that was read. */
  readonly room_seq: number;
}

/** The first message, unless a cursor was shown from which all changes are kept. `work_packages` is what the original client reads. */
export interface Snapshot extends WithCursor {
  readonly type: "snapshot";
  readonly work_packages: readonly [];
  readonly account_id: string;
  /** The chats that were changed last, most recent first, as `GET /v1/chats` gives them. */
  readonly chats: readonly unknown[];
}

/** How often a client says that its person writes, and the assistant that it does; a mark that was not said again for twice as long is over. */
export const TYPING_EVERY_MS = 3_000;

/** What is told between members of a room who have a socket open, and kept nowhere. `room` is absent for the common room. */
export type LiveRoomEvent =
  /** A client says it without `login`: its person writes. */
  | { readonly type: "typing"; readonly room?: string | undefined; readonly login?: string }
  /** A client asks without `logins`; in the answer they are absent where it is not told: see docs/reference/rooms.md. */
  | { readonly type: "presence"; readonly room?: string | undefined; readonly logins?: readonly string[] };

/** What the server says; clients ignore what they do not know. */
export type ServerEvent =
  | Snapshot
  | ChangeEvent
  | RoomNewsEvent
  | LiveRoomEvent
  /** So much was left unread that changes are not told one by one any more: all is to be read anew. */
  | ({ readonly type: "resync" } & WithCursor)
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
): { readonly type: string; readonly json: object; readonly pong?: string | undefined } | undefined {
  const message = parseJson(text);
  if (typeof message !== "object" || message === null || !("type" in message)) return undefined;
  const { type } = message;
  if (typeof type !== "string") return undefined;
  return type === "ping" && "timestamp" in message
    ? { type, json: message, pong: pongOf(message.timestamp) }
    : { type, json: message };
}

function pongOf(timestamp: unknown): string | undefined {
  try {
    return JSON.stringify({ type: "pong", timestamp } satisfies ServerEvent);
  } catch {
    return undefined;
  }
}
