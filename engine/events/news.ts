import * as z from "zod/mini";
import type { ChangeKind, RoomNewsEvent } from "#contract/events/event-wire.ts";

/**
 * What the server told of an account, or "all": anything may be another one than it was, or "rooms": something may have
 * happened in any room.
 */
export interface News {
  /** One that this program does not know is no fault. */
  readonly kind: ChangeKind | RoomNewsEvent["kind"] | "room.typing" | "room.presence" | "all" | "rooms";
  readonly chatId?: string | undefined;
  readonly turnId?: string | undefined;
  /** Of what happened in a room; absent: the common room. */
  readonly room?: string | undefined;
  /** Of the newest entry that it is about. */
  readonly roomSeq?: number | undefined;
  /** Of who is typing. */
  readonly login?: string | undefined;
  /** Of the members who are there; absent: not told. */
  readonly logins?: readonly string[] | undefined;
}

/** News, with what the server is shown to go on from there; without, if it is told to open sockets only. */
export interface NumberedNews extends News {
  readonly cursor?: string | undefined;
}

const messageSchema = z.object({
  type: z.enum(["snapshot", "event", "resync", "typing", "presence"]),
  cursor: z.optional(z.string()),
  kind: z.optional(z.string()),
  chat_id: z.optional(z.string()),
  turn_id: z.optional(z.string()),
  room: z.optional(z.string()),
  room_seq: z.optional(z.number()),
  login: z.optional(z.string()),
  logins: z.optional(z.array(z.string())),
});

const changesSchema = z.object({ data: z.array(z.unknown()), more: z.boolean() });

/** What a message of the server says; undefined when it is none of these. */
export function newsIn(message: unknown): NumberedNews | undefined {
  const { data } = messageSchema.safeParse(message);
  if (data === undefined) return undefined;
  const { type, room: liveRoom, login, logins } = data;
  if (type === "typing" || type === "presence")
    return { kind: `room.${type}`, room: liveRoom, login, logins };
  const { cursor, kind = "", chat_id: chatId, turn_id: turnId, room, room_seq: roomSeq } = data;
  return { kind: type === "event" ? (kind as ChangeKind) : "all", cursor, chatId, turnId, room, roomSeq };
}

/** The same of an answer to `GET /v1/changes`; undefined when it is another one. */
export function newsInAnswer(answer: unknown) {
  const { data } = changesSchema.safeParse(answer);
  return data && { news: data.data.flatMap((message) => newsIn(message) ?? []), more: data.more };
}
