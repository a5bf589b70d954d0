/** The room of clients that know of no rooms: everybody is in it. */
export const COMMON_ROOM = "common";

/** What somebody said in a room. */
export interface RoomMessage {
  readonly id: string;
  readonly roomId: string;
  /** Counts the messages of its room from 1, in the order in which they were stored. */
  readonly seq: number;
  /** The login of the account that sent it; "" once there is no such account. */
  readonly author: string;
  readonly text: string;
  readonly sentAtMs: number;
}

export interface NewRoomMessage {
  readonly id: string;
  readonly roomId: string;
  readonly authorId: string;
  readonly text: string;
  /** Made by the client, the same when it sends the message again. */
  readonly clientMessageId: string | undefined;
}

/** Where a reader of a room stands. */
interface RoomPosition {
  /** Of the newest message; 0 where there is none. */
  readonly lastSeq: number;
  /** Of the message that was asked for; undefined where the room has none with that id. */
  readonly seq: number | undefined;
}

/** All but {@link RoomStore.after} throw ROOM_NOT_FOUND for a room that the user is no member of. */
export interface RoomStore {
  /**
   * Resolves to the message as it is stored; to the earlier one where its author has sent one with the same
   * `clientMessageId` to this room. Throws INVALID_REQUEST when that went to another room.
   */
  append(message: NewRoomMessage): Promise<RoomMessage>;
  position(userId: string, roomId: string, messageId: string | undefined): Promise<RoomPosition>;
  /** The messages with a greater number, the smallest first. */
  after(roomId: string, seq: number, limit: number): Promise<readonly RoomMessage[]>;
}
