import type { RoomEntry } from "./ports.ts";

/** Who is invited knows the room's name and who invited them; an owner may remove members. */
export type MemberState = "invited" | "member" | "owner";

export const UNREAD_MAX = 100;

/** A room as somebody in it, or invited to it, sees it. */
export interface RoomSummary {
  readonly id: string;
  readonly name: string;
  readonly state: MemberState;
  /** Login; "" for who made the room. */
  readonly invitedBy: string;
  readonly updatedAtMs: number;
  readonly lastSeq: number;
  readonly lastMessage: RoomEntry | undefined;
  /** Up to which entry they have read. */
  readonly readSeq: number;
  /** Messages of others that stand after it; {@link UNREAD_MAX} stands for that many or more. */
  readonly unread: number;
}

export interface RoomMember {
  readonly userId: string;
  readonly login: string;
  readonly displayName: string;
  readonly state: MemberState;
  /** The account is closed. */
  readonly closed: boolean;
  /** Of the invitation, until it is accepted. */
  readonly joinedAtMs: number;
}

/** Where a page of a list begins: after the one that has these. */
export interface ListPlace {
  readonly atMs: number;
  readonly id: string;
}

/**
 * Rooms and who is in them. All but `list`, `create` and `removeAll` throw ROOM_NOT_FOUND for a room that the user is neither
 * in nor invited to; `invite`, `remove`, `members` and `markRead` also for one that the user is only invited to.
 */
export interface RoomMemberStore {
  /** A room with its owner; the same id again is the same room. */
  create(room: { readonly id: string; readonly name: string; readonly ownerId: string }): Promise<void>;
  /** Those where something happened last come first. */
  list(userId: string, after: ListPlace | undefined, limit: number): Promise<readonly RoomSummary[]>;
  find(userId: string, roomId: string): Promise<RoomSummary>;
  /**
   * Resolves to the one who was invited, as they are now: who is in the room stays there. Throws INVALID_REQUEST when
   * `most` are in the room or invited to it.
   */
  invite(userId: string, roomId: string, invitedId: string, most: number): Promise<RoomMember>;
  /** Also for a member, for whom nothing changes. */
  join(userId: string, roomId: string): Promise<void>;
  /** Also what was an invitation. The next of longest standing is the owner then; nobody left: the room is wiped soon. */
  leave(userId: string, roomId: string): Promise<void>;
  /** As if that one had left. Throws NOT_ALLOWED for whoever is not the owner. */
  remove(userId: string, roomId: string, removedId: string): Promise<void>;
  /** In the order in which they came. */
  members(
    userId: string,
    roomId: string,
    after: ListPlace | undefined,
    limit: number,
  ): Promise<readonly RoomMember[]>;
  /** Never goes back, nor beyond the last entry. */
  markRead(userId: string, roomId: string, seq: number): Promise<RoomSummary>;
  /** Leaves all rooms. */
  removeAll(userId: string): Promise<void>;
}
