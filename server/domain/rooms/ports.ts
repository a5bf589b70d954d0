import type { HistoryTurn, Picture } from "#server/domain/chats/ports.ts";

/** The room of clients that know of no rooms: everybody is in it. */
export const COMMON_ROOM = "common";

/** A server says on it that a room may have more. */
export const ROOM_CHANNEL = "rooms";

/** On the bus; the entry itself is read from the database. */
export interface RoomHint {
  readonly roomId: string;
}

/** A room as clients name it: the common room has no name, since original clients know of none. */
export function namedRoom(roomId: string): { readonly room?: string } {
  return roomId === COMMON_ROOM ? {} : { room: roomId };
}

/**
 * What stands in a room, each in its place. message: what somebody said. changed: that a message was edited or deleted.
 * joined, left: who came or went.
 */
export type RoomEntryKind = "message" | "changed" | "joined" | "left";

/** What a room's history holds at one number. */
export interface RoomEntry {
  readonly id: string;
  readonly roomId: string;
  /** Counts what stands in its room from 1, in the order in which it was stored. */
  readonly seq: number;
  readonly kind: RoomEntryKind;
  /** Of a change: the id of the message, which this entry shows as it is now, with its author and time. */
  readonly changes: string | undefined;
  readonly authorId: string;
  /** The login of the account that sent it, came or went; "" once there is no such account. */
  readonly author: string;
  /** Their account is closed. */
  readonly authorClosed: boolean;
  /** Of an answer of the assistant, which `author` is then: the login of the account that has asked, and whose message it is. */
  readonly askedBy: string | undefined;
  /** "" of a deleted message. */
  readonly text: string;
  readonly sentAtMs: number;
  /** As the author's client made it. */
  readonly clientMessageId: string | undefined;
  /** Id of the message of this room that it answers. */
  readonly replyTo: string | undefined;
  readonly editedAtMs: number | undefined;
  readonly deletedAtMs: number | undefined;
  /** Which picture it shows; `RoomStore.picture` is the picture itself. */
  readonly picture: HistoryTurn["picture"];
}

export interface NewRoomMessage {
  readonly id: string;
  readonly roomId: string;
  readonly authorId: string;
  readonly text: string;
  /** Made by the client, the same when it sends the message again. */
  readonly clientMessageId: string | undefined;
  readonly replyTo: string | undefined;
  readonly picture?: Picture | undefined;
  /** The server that answers it, if it asks the assistant something: until its lease has run out. */
  readonly answeredBy?: { readonly ownerId: string; readonly leaseMs: number } | undefined;
}

/** Where a reader of a room stands. */
export interface RoomPosition {
  /** Of the newest entry; 0 where there is none. */
  readonly lastSeq: number;
  /** Of the entry that was asked for; undefined where the room has none with that id. */
  readonly seq: number | undefined;
}

/** Which messages of a history: the newest, the nearest to a number, or those around one. */
export type HistoryPlace =
  | { readonly at: "end" }
  | { readonly at: "before" | "after"; readonly seq: number }
  | { readonly at: "around"; readonly id: string };

/** Messages that stand or are deleted, the oldest first. */
export interface HistoryPage {
  readonly messages: readonly RoomEntry[];
  /** There are older ones than the first. */
  readonly older: boolean;
  /** There are newer ones than the last. */
  readonly newer: boolean;
}

/** All but `after`, `ofAuthor`, `ownPicture` and the last two throw ROOM_NOT_FOUND for a room that the user is no member of. */
export interface RoomStore {
  /**
   * Resolves to the message as it is stored; to the earlier one where its author has sent one with the same
   * `clientMessageId` to this room. Throws INVALID_REQUEST when that went to another room, or `replyTo` names no message
   * of this one.
   */
  append(message: NewRoomMessage): Promise<RoomEntry>;
  /** The earlier one of {@link append}; throws INVALID_REQUEST as that does. */
  sentBefore(
    message: Pick<NewRoomMessage, "roomId" | "authorId" | "clientMessageId">,
  ): Promise<RoomEntry | undefined>;
  /**
   * Gives a message another text, or wipes it where there is none, and adds the change to the room, unless it is so already.
   * Resolves to the message. Throws INVALID_REQUEST for what is no message of the room, or deleted; NOT_ALLOWED for another's.
   */
  change(userId: string, roomId: string, messageId: string, text: string | undefined): Promise<RoomEntry>;
  /** Undefined for a message that shows none, is deleted, or is not there. */
  picture(userId: string, roomId: string, messageId: string): Promise<Picture | undefined>;
  /** Of a message of one's own, in whatever room it is; undefined as {@link picture}. */
  ownPicture(authorId: string, messageId: string): Promise<Picture | undefined>;
  position(userId: string, roomId: string, entryId: string | undefined): Promise<RoomPosition>;
  /** The entries with a greater number, the smallest first. */
  after(roomId: string, seq: number, limit: number): Promise<readonly RoomEntry[]>;
  /** Throws INVALID_REQUEST for a message that is not there. */
  history(userId: string, roomId: string, place: HistoryPlace, limit: number): Promise<HistoryPage>;
  /** Messages of an account in all rooms that it is or was in, after that one of them. */
  ofAuthor(userId: string, after: RoomEntry | undefined, limit: number): Promise<readonly RoomEntry[]>;
  /** The rooms that somebody is in, and not only invited to, those in which something happened last first. */
  watched(
    userId: string,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly lastSeq: number }[]>;
  /** The number of the newest entry of each of these rooms that is there. */
  lastSeqs(roomIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}
