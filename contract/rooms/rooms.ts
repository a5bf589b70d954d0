import type { Failure } from "../chat-state.ts";
import type { SentImage } from "../screen-image.ts";

/** What the common room, which has no id on the wire, is called between window and host, and in the page's address. */
export const EVERYONE = "everyone";

/** A line of a room. */
export interface RoomMessage {
  /** What a stream is resumed after. */
  readonly id: string;
  /** Its place, counted from 1, without gaps. */
  readonly seq: number;
  /** A login. */
  readonly author: string;
  /** "" once it is deleted. */
  readonly text: string;
  readonly sentAtMs: number;
  readonly deleted: boolean;
  readonly edited: boolean;
  /** "changed": an earlier message was edited or deleted, and reads so now. */
  readonly kind: "message" | "changed" | "joined" | "left";
  /** "changed": the id of that message. */
  readonly changes?: string;
  /** The UUID that its author has sent it with. */
  readonly clientId?: string;
  /** Of an answer of the assistant, which is its author: the login of who has asked. */
  readonly askedBy?: string;
  /** Id of the message of the same room that it answers. */
  readonly replyTo?: string;
  /** What it shows, with its text or without one. */
  readonly picture?: SentImage;
}

/** A room that the account is in or invited to. */
export interface ListedRoom {
  /** Absent for the common room. */
  readonly id?: string;
  /** "" for the common room. */
  readonly name: string;
  /** Has not been accepted yet. */
  readonly invited: boolean;
  /** May remove members. */
  readonly owned: boolean;
  /** A login, or "". */
  readonly invitedBy: string;
  /** 100 stands for that many or more. */
  readonly unread: number;
  /** One of these names the account. */
  readonly mentioned?: boolean;
  /** Up to which number the account has read. */
  readonly readSeq: number;
  /** The number of the newest message or event. */
  readonly lastSeq: number;
}

/** A page of a room's messages, the oldest first. */
export interface RoomPage {
  readonly messages: readonly RoomMessage[];
  readonly older: boolean;
}

/** Whoever is in a room, or invited to it. */
export interface RoomMember {
  readonly login: string;
  readonly displayName: string;
  readonly invited: boolean;
  readonly owner: boolean;
}

/** A message on its way; its id is the one that it is sent with. */
export interface PendingRoomMessage {
  readonly id: string;
  readonly text: string;
  readonly picture?: SentImage;
  readonly writtenAtMs: number;
  readonly status:
    | { readonly kind: "sending" }
    /** Sent again by itself, at `nextTryAtMs` (epoch). */
    | { readonly kind: "waiting"; readonly reason: Failure; readonly nextTryAtMs: number }
    /** Not taken; only the person sends it again. */
    | { readonly kind: "failed"; readonly failure: Failure };
}

/** The room that a window shows, besides its lines. */
export interface OpenedRoom {
  /** Its id, or {@link EVERYONE}. */
  readonly room: string;
  /** "opening": nothing of it is there yet; "cut": it is being tried again; "ended": `failure` says why. */
  readonly link: "opening" | "live" | "cut" | "ended";
  /** Why it cannot be followed at present, or any more. */
  readonly failure?: Failure;
  /** There are older messages than the first line. */
  readonly older: boolean;
  readonly pending: readonly PendingRoomMessage[];
  /** Up to which number the account had read when it was opened, where that is known. */
  readonly readSeq?: number;
}

/** What a window knows of rooms. */
export interface RoomsState {
  /** Of the account; absent until it is known. */
  readonly login?: string;
  /** The common room first; absent until they are read. */
  readonly rooms?: readonly ListedRoom[];
  readonly opened?: OpenedRoom;
  /** Of the room that is open, the oldest first: messages as they are now, and who came and went. */
  readonly lines: readonly RoomMessage[];
  /** Logins of those who write in the room that is open, the assistant among them. */
  readonly typing?: readonly string[];
  /** Who was there when it was last asked; none: it is not told of this room. */
  readonly present?: { readonly room: string; readonly logins: readonly string[] };
}

export const noRooms: RoomsState = { lines: [] };

/** What a room is called between window and host. */
export function roomKey({ id }: Pick<ListedRoom, "id">): string {
  return id ?? EVERYONE;
}
